/* Handlers that write to the heap over interrupted allocations of their thread, while another thread compacts. */
#include "cases.h"
#include <stdatomic.h>

enum { WORKERS = 2, ROUNDS = 40 };

/* A heap that is about to be compacted. It stays until the process ends, so that a handler can write to it at any time. */
static struct sparse heaps[ROUNDS];
static atomic_int current, stop, broken, runs;

/* What is written is what is there: the blocks have no other writer by now. */
static void touch(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    const struct sparse *heap = &heaps[current];
    for (size_t i = (unsigned)runs++ % 37; i < heap->count; i += 37)
        *(volatile unsigned char *)heap->blocks[i] = heap->blocks[i][0];
}

/* Large blocks, which are all made and given back under one lock, and small ones for whole spans. */
static void *allocate(void *seed)
{
    unsigned state = (unsigned)(size_t)seed;
    void *large[16] = {NULL};
    while (!stop) {
        unsigned at = next_random(&state) % 16;
        free(large[at]);
        large[at] = malloc(40000 + next_random(&state) % 100000);
        broken |= large[at] == NULL;
        void *grown = realloc(large[at], 200000);
        broken |= grown == NULL;
        large[at] = grown;
    }
    for (int i = 0; i < 16; i++)
        free(large[i]);
    return NULL;
}

/* Blocks so large that the system moves their pages when they grow, and is asked for new ones when they end. */
static void *move(void *seed)
{
    enum { BLOCKS = 8, SIZE = 300000 };
    unsigned state = (unsigned)(size_t)seed;
    void *large[BLOCKS] = {NULL};
    while (!stop) {
        unsigned at = next_random(&state) % BLOCKS;
        free(large[at]);
        large[at] = malloc(SIZE);
        broken |= large[at] == NULL;
        void *grown = realloc(large[at], SIZE * (2 + next_random(&state) % 4));
        broken |= grown == NULL;
        large[at] = grown;
    }
    for (int i = 0; i < BLOCKS; i++)
        free(large[i]);
    return NULL;
}

static void *interrupt(void *threads)
{
    while (!stop) {
        for (int i = 0; i < WORKERS; i++)
            pthread_kill(((pthread_t *)threads)[i], SIGUSR1);
        usleep(20);
    }
    return NULL;
}

static void over(void *(*work)(void *))
{
    pthread_t workers[WORKERS], sender;
    heaps[0] = sparse_new(2000, 10, 0);
    handle(SIGUSR1, touch, SA_RESTART);
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&workers[i], NULL, work, (void *)(size_t)(i + 1));
    pthread_create(&sender, NULL, interrupt, workers);
    for (int i = 1; i < ROUNDS; i++) {
        heaps[i] = sparse_new(2000, 10, (unsigned)i);
        current = i;
        compact();
    }
    stop = 1;
    pthread_join(sender, NULL);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    check("handlers ran", runs > 0);
    for (int i = 0; i < ROUNDS; i++)
        broken |= !sparse_painted(&heaps[i], (unsigned)i);
    check("blocks are as they were", !broken);
}

static void over_allocations(void)
{
    over(allocate);
}

static void over_moves(void)
{
    over(move);
}

const struct signal_case threads[] = {
    {"handler-over-allocations", over_allocations},
    {"handler-over-moves", over_moves},
    {NULL, NULL},
};
