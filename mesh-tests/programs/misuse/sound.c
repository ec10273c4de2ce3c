/* What looks wrong and is not: nobody may end it. */
#include "cases.h"

static void nulls(void)
{
    free(hidden(NULL));
    free(hidden(realloc(NULL, 10)));
    need("none", malloc_usable_size(hidden(NULL)) == 0);
}

static void same_address_again(void)
{
    char *one = block(40);
    for (int i = 0; i < 1000; i++) {
        free(one);
        one = block(40);
    }
    free(one);
}

static void alternating(void)
{
    char *one = block(40), *other = block(40);
    for (int i = 0; i < 1000; i++) {
        free(one);
        free(other);
        other = block(40);
        one = block(40);
    }
    free(one);
    free(other);
}

/* A slot's last class is not its next one. */
static void many_sizes(void)
{
    static char *all[20000];
    unsigned random = 1;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 20000; i++)
            all[i] = block(next_random(&random) % (round % 2 ? 3000 : 100));
        for (int i = 0; i < 20000; i++)
            free(all[(i * 7919) % 20000]);
        malloc_trim(0);
    }
}

static void aligned(void)
{
    for (size_t align = 16; align <= 1 << 21; align *= 2)
        for (size_t size = 1; size < 100000; size = size * 5 + 3)
            free(hidden(memalign(align, size)));
}

static void no_bytes(void)
{
    char *one = hidden(malloc(0)), *other = hidden(malloc(0));
    need("two blocks", one != other);
    free(one);
    free(other);
}

static void whole_usable_size(void)
{
    for (size_t size = 0; size < 300000; size = size * 3 / 2 + 1) {
        char *one = hidden(malloc(size));
        memset(one, 1, malloc_usable_size(one));
        one = hidden(realloc(one, size + 1));
        free(one);
    }
}

static void *free_all(void *all)
{
    for (char **at = all; *at; at++)
        free(*at);
    return NULL;
}

static void freed_elsewhere(void)
{
    static char *all[3001];
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 3000; i++)
            all[i] = block((size_t)(16 + i % 200));
        pthread_t thread;
        need("a thread", pthread_create(&thread, NULL, free_all, all) == 0);
        pthread_join(thread, NULL);
    }
}

const struct misuse sound[] = {
    {"sound-nulls", SOUND, nulls},
    {"sound-same-address", SOUND, same_address_again},
    {"sound-alternating", SOUND, alternating},
    {"sound-many-sizes", SOUND, many_sizes},
    {"sound-aligned", SOUND, aligned},
    {"sound-no-bytes", SOUND, no_bytes},
    {"sound-usable-size", SOUND, whole_usable_size},
    {"sound-freed-elsewhere", SOUND, freed_elsewhere},
    {NULL, SOUND, NULL},
};
