/* Blocks of all sizes from one function, of which half stay, made in all ways that there are; says where that function is, how many
 * bytes of it live, and how many there were. */
#include "../check.h"
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#define BLOCKS 6000
#define THREADS 3

struct block
{
    char *at;
    size_t size;
    unsigned seed;
};

static struct block held[THREADS][BLOCKS];
static size_t ever[THREADS];

/* The sizes are those of the program: most small, some of many pages. */
static size_t size_of(unsigned random)
{
    static const size_t sizes[] = {1, 24, 100, 700, 2000, 3000, 9000, 40000, 70000};
    return sizes[random % (sizeof sizes / sizeof *sizes)];
}

__attribute__((noinline)) static char *make(size_t size, unsigned way)
{
    void *block = NULL;
    switch (way % 6)
    {
    case 0:
        block = calloc(1, size);
        need("zeros", zero(block, size));
        break;
    case 1:
        need("aligned", posix_memalign(&block, 64, size) == 0 && (uintptr_t)block % 64 == 0);
        break;
    case 2:
        block = aligned_alloc(4096, size);
        need("aligned to a page", (uintptr_t)block % 4096 == 0);
        break;
    default:
        block = malloc(size);
    }
    need("a block", block != NULL);
    return block;
}

static void *work(void *number)
{
    size_t thread = (size_t)number;
    unsigned state = 7 + (unsigned)thread;
    for (size_t i = 0; i < BLOCKS; i++)
    {
        struct block *block = &held[thread][i];
        block->size = size_of(next_random(&state));
        block->at = make(block->size, next_random(&state));
        block->seed = (unsigned)i;
        ever[thread] += block->size;
        paint(block->at, block->size, block->seed);
    }
    for (size_t i = 0; i < BLOCKS; i++)
    {
        struct block *block = &held[thread][i];
        need("the block is whole", painted(block->at, block->size, block->seed));
        if (i % 2)
        {
            free(block->at);
            block->at = NULL;
        }
        else if (i % 8 == 0)
        {
            size_t size = size_of(next_random(&state));
            char *grown = realloc(block->at, size);
            need("another size", grown != NULL);
            size_t kept = size < block->size ? size : block->size;
            need("what it had", painted(grown, kept, block->seed));
            paint(grown, size, block->seed);
            block->at = grown;
            block->size = size;
        }
    }
    return NULL;
}

int main(int count, char **arguments)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        need("a thread", pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    size_t live = 0, all = 0;
    for (size_t i = 0; i < THREADS; i++)
    {
        all += ever[i];
        for (size_t j = 0; j < BLOCKS; j++)
            if (held[i][j].at)
                live += held[i][j].size;
    }
    if (count > 1 && strcmp(arguments[1], "frees") == 0)
        for (size_t i = 0; i < THREADS; i++)
            for (size_t j = 0; j < BLOCKS; j++)
                free(held[i][j].at);
    /* Fits in the cache of the C library's own buffer: it is no block of ours. */
    printf("%zu %zu %zu %zu\n", (size_t)(uintptr_t)make, (size_t)(uintptr_t)work, live, all);
    return 0;
}
