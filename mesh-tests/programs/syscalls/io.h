/* System calls whose buffers are blocks of a heap that is compacted all the time. */
#ifndef IO_H
#define IO_H

#include "../sparse.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CALLS = 60000 };

/* Byte `i` of message `number`. */
static inline unsigned char byte_of(unsigned number, size_t i)
{
    return (unsigned char)(number * 13u + (unsigned)i * 5u + 3u);
}

static inline void write_message(unsigned char *bytes, size_t size, unsigned number)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_of(number, i);
}

static inline int is_message(const unsigned char *bytes, size_t size, unsigned number)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte_of(number, i))
            return 0;
    return 1;
}

/* Whether a call returned what it had to. */
static inline int returned(const char *call, ssize_t value, size_t wanted)
{
    if (value == (ssize_t)wanted)
        return 1;
    printf("%s returned %zd in place of %zu: %s\n", call, value, wanted, strerror(errno));
    return 0;
}

/* The topics: each returns whether every byte of every call was right. */
int pipes(const struct sparse *heap);
int datagrams(const struct sparse *heap);
int files(const struct sparse *heap);
int direct_files(void);

#endif
