/* The ways in which a program misuses its heap, one function each. */
#ifndef CASES_H
#define CASES_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"

/* What an allocator has to say to it. */
enum verdict {
    /* Ended at once. */
    AT_ONCE,
    /* Ended by the end of the program at the latest. */
    BY_THE_END,
    /* Wrong, and nobody need notice: it is here for the comparison. */
    UNNOTICED,
    /* Not wrong at all. */
    SOUND,
};

struct misuse {
    const char *name;
    enum verdict verdict;
    void (*act)(void);
};

/* Each list ends with an entry without a name. */
extern const struct misuse twice[], inside[], elsewhere[], regrown[], overrun[], sound[];

/* The compiler knows nothing about a pointer that came through here. */
static inline char *hidden(void *pointer)
{
    return (char *)opaque((size_t)pointer);
}

/* A block with something in it. */
static inline char *block(size_t size)
{
    char *start = malloc(size);
    need("memory", start != NULL);
    memset(start, 'x', size);
    return hidden(start);
}

#endif
