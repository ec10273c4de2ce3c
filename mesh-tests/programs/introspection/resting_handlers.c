/* Handlers that sleep over `malloc` and `free`, while other threads take what sleepers keep. */
#define _GNU_SOURCE
#include "aside.h"
#include <malloc.h>
#include <mesh.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 3, SIGNALS = 1500, SET = 64 };

static atomic_int over, spoiled, handled;

static void sleep_in_handler(int signal)
{
    (void)signal;
    struct timespec moment = {0, 200000};
    handled++;
    nanosleep(&moment, NULL);
    poll(NULL, 0, 0);
}

struct block {
    unsigned char *bytes;
    size_t size;
    unsigned seed;
};

static void *allocate_until_over(void *argument)
{
    unsigned state = (unsigned)(size_t)argument;
    have_alternate_stack();
    struct block blocks[SET] = {0};
    while (!over)
        for (int i = 0; i < 1000; i++) {
            struct block *block = &blocks[next_random(&state) % SET];
            if (block->bytes != NULL) {
                spoiled |= !painted(block->bytes, block->size, block->seed);
                free(block->bytes);
            }
            block->size = 16 + next_random(&state) % 3 * 16;
            block->seed = next_random(&state);
            block->bytes = malloc(block->size);
            paint(block->bytes, block->size, block->seed);
        }
    for (int i = 0; i < SET; i++)
        free(blocks[i].bytes);
    return NULL;
}

static void *relieve_until_over(void *argument)
{
    (void)argument;
    while (!over)
        mesh_compact();
    return NULL;
}

int main(void)
{
    set_handler(sleep_in_handler);
    pthread_t threads[THREADS], other;
    for (size_t i = 0; i < THREADS; i++)
        need("a thread", pthread_create(&threads[i], NULL, allocate_until_over, (void *)(i + 1)) == 0);
    need("a thread", pthread_create(&other, NULL, relieve_until_over, NULL) == 0);
    for (int i = 0; i < SIGNALS; i++) {
        pthread_kill(threads[i % THREADS], SIGNAL);
        usleep(300);
    }
    over = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_join(other, NULL);
    check("handlers slept", handled > SIGNALS / 10);
    check("blocks are whole", !spoiled);
    void *block = malloc(100);
    check("there is memory", block != NULL);
    free(block);
    size_t allocated = 0, size = sizeof allocated;
    mesh_mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
    check("stats.allocated", mesh_mallctl("stats.allocated", &allocated, &size, NULL, 0) == 0);
    check("all blocks came back", allocated < 200000);
    return 0;
}
