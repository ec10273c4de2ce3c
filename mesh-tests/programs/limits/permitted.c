/* A program that grows until the heap may take no more (MESH_LIMIT), in blocks of several sizes and in several threads: NULL and ENOMEM
   are the end, blocks stay as they are, and what is freed can be had again. Argument: the limit in MiB. */
#define _GNU_SOURCE
#include "../sparse.h"
#include "physical_at_limit.h"
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define THREADS 4

static size_t limit;

struct list {
    void *next;
};

/* Allocates blocks until there are no more; returns their bytes, and the blocks by `first`. */
static size_t fill(size_t size, void **first)
{
    size_t bytes = 0;
    void *block;
    errno = 0;
    while ((block = malloc(size)) != NULL) {
        memset(block, 0x5a, size < 4096 ? size : 4096);
        *(void **)block = *first;
        *first = block;
        bytes += size;
        if (bytes > 2 * limit)
            break;
    }
    return bytes;
}

static void empty(void **first)
{
    while (*first) {
        void *next = *(void **)*first;
        free(*first);
        *first = next;
    }
}

static void *filler(void *argument)
{
    void *blocks = NULL;
    size_t *bytes = argument;
    *bytes = fill(48 * 1024, &blocks);
    empty(&blocks);
    return NULL;
}

static int between(size_t bytes, size_t least, size_t most)
{
    if (bytes >= least && bytes <= most)
        return 1;
    fprintf(stderr, "%zu KiB, expected %zu to %zu\n", bytes / 1024, least / 1024, most / 1024);
    return 0;
}

int main(int count, char **arguments)
{
    need("a limit", count == 2);
    limit = strtoul(arguments[1], NULL, 10) * MIB;
    void *blocks = NULL;

    static const size_t sizes[] = {64, 1000, 20000, 300000, 3000000};
    int is_full = 1, is_enomem = 1, again = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t bytes = fill(sizes[i], &blocks);
        is_enomem &= errno == ENOMEM;
        is_full &= between(bytes, limit / 100 * 85, limit);
        empty(&blocks);
    }
    check("blocks of each size up to the limit", is_full);
    check("then ENOMEM", is_enomem);

    size_t bytes = fill(100, &blocks);
    char *small = (char *)blocks;
    check("no large block, either", malloc(limit / 4) == NULL && calloc(limit / 4, 1) == NULL);
    check("what is there stays", small[99] == 0x5a);
    empty(&blocks);

    unsigned char *grown = malloc(limit / 2);
    need("half of it", grown != NULL);
    paint(grown, limit / 2, 3);
    errno = 0;
    check("realloc beyond it", realloc(grown, limit + MIB) == NULL && errno == ENOMEM && painted(grown, limit / 2, 3));
    grown = realloc(grown, limit / 8 * 7);
    check("realloc below it", grown != NULL && painted(grown, limit / 2, 3));
    free(grown);

    size_t of_each[THREADS], sum = 0;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        need("a thread", pthread_create(&threads[i], NULL, filler, &of_each[i]) == 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += of_each[i];
    }
    check("threads together", sum > limit / 2);

    /* Nearly full, and most of it freed here and there: only meshing makes room. */
    size_t stay = limit / 8 / 330;
    struct sparse heap = sparse_new(stay, 7, 11);
    size_t live = 0;
    for (size_t i = 0; i < stay; i++)
        live += heap.sizes[i];
    long taken = physical_at_limit();
    bytes = fill(256 * 1024, &blocks);
    fprintf(stderr, "%zu KiB live in small blocks took %ld; then %zu KiB more fit in, and all take %ld\n", live / 1024, taken,
           bytes / 1024, physical_at_limit());
    check("room is made in an emergency", bytes > limit / 2);
    check("small blocks are whole", sparse_painted(&heap, 11));
    empty(&blocks);
    sparse_free(&heap);

    int (*control)(const char *, void *, size_t *, void *, size_t) = dlsym(RTLD_DEFAULT, "mesh_mallctl");
    need("mesh_mallctl", control != NULL);
    size_t value = 0, length = sizeof value, twice = 2 * limit;
    check("mesh.limit is what was asked for", control("mesh.limit", &value, &length, NULL, 0) == 0 && value / MIB == limit / MIB);
    check("mesh.refused_at_limit counts", control("mesh.refused_at_limit", &value, &length, NULL, 0) == 0 && value > 0);
    check("mesh.limit can be raised", control("mesh.limit", NULL, NULL, &twice, sizeof twice) == 0);
    grown = malloc(limit + MIB);
    check("and then there is more", grown != NULL);
    free(grown);
    check("and lowered again", control("mesh.limit", NULL, NULL, &limit, sizeof limit) == 0);

    for (int i = 0; i < 100; i++) {
        again &= malloc(limit + 1) == NULL;
        again &= malloc(2 * limit) == NULL;
    }
    check("what can never be had is refused each time", again);
    grown = malloc(limit / 2);
    check("and the program goes on", grown != NULL);
    free(grown);
    return 0;
}
