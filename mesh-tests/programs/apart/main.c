/* What the C library allocates for itself is never meshed; what it allocates for the program is. */
#include "topics.h"
#include <pthread.h>

static atomic_int stopped;
static pthread_t mesher;
static struct sparse heap;

static void *mesh(void *unused)
{
    (void)unused;
    for (unsigned seed = 2; !stopped; seed++) {
        struct sparse more = sparse_new(1500, 8, seed);
        compact();
        sparse_free(&more);
    }
    return NULL;
}

void begin_meshing(void)
{
    heap = sparse_new(6000, 10, 1);
    need("a thread", pthread_create(&mesher, NULL, mesh, NULL) == 0);
}

void stop_meshing(void)
{
    stopped = 1;
    pthread_join(mesher, NULL);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}

void sparse_objects(void **objects, size_t count, size_t size)
{
    enum { IN = 8, MOST = 512 };
    static void *all[MOST * IN];
    static unsigned state = 3;
    need("room", count <= MOST);
    for (size_t i = 0; i < count * IN; i++)
        need("memory", (all[i] = malloc(size)) != NULL);
    for (size_t i = 0; i < count; i++) {
        size_t lucky = i * IN + next_random(&state) % IN;
        objects[i] = memset(all[lucky], 0, size);
        all[lucky] = NULL;
    }
    for (size_t i = 0; i < count * IN; i++)
        free(all[i]);
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } topics[] = {
        {"served", served}, {"kept", kept},         {"blocked", blocked},
        {"streams", streams}, {"contexts", contexts}, {"large", large},
    };
    for (size_t i = 0; count == 2 && i < sizeof topics / sizeof *topics; i++)
        if (strcmp(arguments[1], topics[i].name) == 0) {
            topics[i].run();
            return 0;
        }
    return 2;
}
