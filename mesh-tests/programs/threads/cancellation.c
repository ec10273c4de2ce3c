/* Threads that are cancelled while they wait for bytes in a heap block. */
#include "topics.h"

enum { TIMES = 300 };

struct wait {
    int pipe[2];
    unsigned char *buffer;
    atomic_int cleaned;
};

static void clean_up(void *argument)
{
    struct wait *wait = argument;
    free(wait->buffer);
    wait->cleaned = 1;
}

static void *wait_for_bytes(void *argument)
{
    struct wait *wait = argument;
    wait->buffer = malloc(400);
    pthread_cleanup_push(clean_up, wait);
    while (read(wait->pipe[0], wait->buffer, 400) > 0)
        free(malloc(50));
    pthread_cleanup_pop(1);
    return NULL;
}

void cancellation(void)
{
    int cleaned = 0, cancelled = 0;
    struct sparse heap = sparse_new(3000, 10, 1);
    for (int i = 0; i < TIMES; i++) {
        struct wait wait = {0};
        need("a pipe", pipe(wait.pipe) == 0);
        pthread_t thread = start(wait_for_bytes, &wait);
        need("a pipe takes bytes", write(wait.pipe[1], "some bytes", 10) == 10);
        if (i % 3 == 0)
            compact();
        pthread_cancel(thread);
        void *result;
        pthread_join(thread, &result);
        cancelled += result == PTHREAD_CANCELED;
        /* A thread may be cancelled before it has installed its handler. */
        cleaned += wait.cleaned == (wait.buffer != NULL);
        close(wait.pipe[0]);
        close(wait.pipe[1]);
    }
    compact();
    check("threads were cancelled", cancelled == TIMES);
    check("their handlers ran", cleaned == TIMES);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
