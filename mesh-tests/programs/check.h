/* One line for each check: "ok <name>" or "FAIL <name>". */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void check(const char *name, int holds)
{
    printf("%s %s\n", holds ? "ok" : "FAIL", name);
    fflush(stdout);
}

/* Ends the program if the ground under a test gives way. */
static inline void need(const char *name, int holds)
{
    if (holds)
        return;
    check(name, 0);
    exit(2);
}

/* The compiler knows nothing about a value that came through here. */
static inline size_t opaque(size_t value)
{
    __asm__ volatile("" : "+r"(value));
    return value;
}

/* Fills a block with bytes that depend on `seed`, and looks whether they are still there. */
static inline void paint(void *block, size_t size, unsigned seed)
{
    unsigned char *bytes = (unsigned char *)block;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(seed * 31u + (unsigned)i * 7u + 1u);
}

static inline int painted(const void *block, size_t size, unsigned seed)
{
    const unsigned char *bytes = (const unsigned char *)block;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != (unsigned char)(seed * 31u + (unsigned)i * 7u + 1u))
            return 0;
    return 1;
}

static inline int zero(const void *block, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)block;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return 0;
    return 1;
}

/* A small generator of its own: rand() differs between programs that are compared. */
static inline unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

#endif
