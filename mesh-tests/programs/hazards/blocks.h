/* Blocks of a sparse heap that system calls write to. */
#ifndef BLOCKS_H
#define BLOCKS_H

#define _GNU_SOURCE
#include "../sparse.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

/* The blocks of one thread, made anew from time to time, so that they lie in spans that were never meshed. */
struct blocks {
    struct sparse heap;
    unsigned next, seed;
};

static inline void blocks_renew(struct blocks *blocks)
{
    if (blocks->heap.blocks)
        sparse_free(&blocks->heap);
    blocks->seed++;
    blocks->heap = sparse_new(1000, 8, blocks->seed);
    blocks->next = 0;
}

/* A block of at least `size` bytes, filled with a pattern; another one each time. Then the mesh goes on for a moment, so
   that it may be the call that meets it. */
static inline unsigned char *block_of(struct blocks *blocks, size_t size)
{
    for (;;) {
        size_t i = blocks->next++ * 7u % blocks->heap.count;
        if (blocks->heap.sizes[i] >= size) {
            memset(blocks->heap.blocks[i], 0xee, size);
            usleep(blocks->next % 64);
            return blocks->heap.blocks[i];
        }
    }
}

/* Whether some byte was written: no call of the tests writes the pattern only. */
static inline int touched(const unsigned char *block, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (block[i] != 0xee)
            return 1;
    return 0;
}

/* What one thread calls with, apart from the blocks. */
struct things {
    int file, pipe[2], stream[2], packets[2], listener, set, event, timer, directory, queue;
    pid_t child;
    unsigned number;
    unsigned char message[1024];
};

/* A call, which writes to a block. It returns whether all was right. */
struct call {
    const char *name;
    int (*run)(struct blocks *blocks, struct things *things);
};

extern const struct call byte_calls[], record_calls[], event_calls[], library_calls[];

/* The next message of a thread: its bytes depend on its number. */
static inline const unsigned char *next_message(struct things *things, size_t size)
{
    things->number++;
    paint(things->message, size, things->number);
    return things->message;
}

#endif
