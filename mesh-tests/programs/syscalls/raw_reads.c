/* Reads by the bare system call, which no library can wrap, into fresh sparse blocks. With the argument "count" a read that
   fails is counted and made again, else it ends the program. */
#define _GNU_SOURCE
#include "io.h"
#include <sys/syscall.h>
#include <time.h>

enum { READERS = 2, ROUNDS = 60, STAY = 2000 };

static int counting;
static atomic_ulong reads, failures;

/* Reads `size` bytes. */
static int bare_read(int file, unsigned char *block, size_t size)
{
    size_t done = 0;
    int failed = 0;
    while (done < size) {
        ssize_t got;
        __asm__ volatile("syscall"
                         : "=a"(got)
                         : "0"(SYS_read), "D"(file), "S"(block + done), "d"(size - done)
                         : "rcx", "r11", "memory");
        if (got < 0) {
            errno = (int)-got;
            got = -1;
        }
        if (got > 0)
            done += (size_t)got;
        if (got > 0 ? done < size : counting && errno == EFAULT)
            failed = 1; /* In whole or in part. */
        else if (got <= 0)
            return returned("read", got, size);
        if (failed && !counting)
            return returned("read", got, size);
    }
    reads++;
    failures += (unsigned)failed;
    return 1;
}

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
            if (!bare_read(ends[0], heap.blocks[i], size))
                exit(1);
            good &= is_message(heap.blocks[i], size, (unsigned)i);
        }
        sparse_free(&heap);
    }
    close(ends[0]);
    close(ends[1]);
    return (void *)good;
}

int main(int argc, char **argv)
{
    counting = argc > 1 && strcmp(argv[1], "count") == 0;
    pthread_t threads[READERS];
    int good = 1;
    for (uintptr_t i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, reader, (void *)(i * 1000));
    for (int i = 0; i < READERS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        good &= result != NULL;
    }
    if (counting)
        printf("reads: %lu\nfailures: %lu\n", reads, failures);
    check("bare reads", good);
    return 0;
}
