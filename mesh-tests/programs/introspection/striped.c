/* A program of whose objects every eighth stays, in the order in which they were allocated. */
#include "../sparse.h"

enum { OBJECTS = 200000, SIZE = 64, IN = 8 };

int main(void)
{
    unsigned char **objects = malloc(OBJECTS * sizeof(char *));
    int sound = 1;
    need("memory for objects", objects != NULL);
    for (size_t i = 0; i < OBJECTS; i++) {
        objects[i] = malloc(SIZE);
        need("memory for an object", objects[i] != NULL);
        paint(objects[i], SIZE, (unsigned)i);
    }
    for (size_t i = 0; i < OBJECTS; i++)
        if (i % IN != 0)
            free(objects[i]);
    compact();
    for (size_t i = 0; i < OBJECTS; i += IN)
        sound &= painted(objects[i], SIZE, (unsigned)i);
    check("objects in stripes survive compaction", sound);
    for (size_t i = 0; i < OBJECTS; i += IN)
        free(objects[i]);
    free(objects);
    return 0;
}
