/* Uses the MiB it is told to, no more, and frees them, several times. */
#include "../check.h"

int main(int argc, char **argv)
{
    enum { SIZE = 1000, PER_MEBIBYTE = 1000 };
    if (argc != 2)
        return 64;
    size_t count = strtoul(argv[1], NULL, 10) * PER_MEBIBYTE;
    int good = 1;
    for (int round = 0; round < 5; round++) {
        unsigned char **blocks = calloc(count, sizeof *blocks);
        need("memory within the limit", blocks != NULL);
        for (size_t i = 0; i < count; i++) {
            blocks[i] = malloc(SIZE);
            need("memory within the limit", blocks[i] != NULL);
            paint(blocks[i], SIZE, (unsigned)i);
        }
        for (size_t i = 0; i < count; i++) {
            good &= painted(blocks[i], SIZE, (unsigned)i);
            free(blocks[i]);
        }
        free(blocks);
    }
    check("a modest program lives within its limit", good);
    return 0;
}
