/* Reads by the bare system call, which no library can wrap, into fresh sparse blocks. */
#define _GNU_SOURCE
#include "io.h"
#include <sys/syscall.h>
#include <time.h>

enum { READERS = 2, ROUNDS = 60, STAY = 2000 };

static void *reader(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    int ends[2];
    intptr_t good = 1;
    unsigned char message[1024];
    need("a pipe", pipe(ends) == 0);
    for (int round = 0; round < ROUNDS; round++) {
        struct sparse heap = sparse_new(STAY, 10, ++seed);
        for (size_t i = 0; i < heap.count; i++) {
            size_t size = heap.sizes[i];
            write_message(message, size, (unsigned)i);
            good &= write(ends[1], message, size) == (ssize_t)size;
            if (!returned("read", syscall(SYS_read, ends[0], heap.blocks[i], size), size))
                exit(1);
            good &= is_message(heap.blocks[i], size, (unsigned)i);
        }
        sparse_free(&heap);
    }
    close(ends[0]);
    close(ends[1]);
    return (void *)good;
}

int main(void)
{
    pthread_t threads[READERS];
    int good = 1;
    for (uintptr_t i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, reader, (void *)(i * 1000));
    for (int i = 0; i < READERS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        good &= result != NULL;
    }
    check("bare reads", good);
    return 0;
}
