/* realloc and reallocarray: growing, shrinking, failing. */
#include "../check.h"
#include "topics.h"
#include <errno.h>
#include <malloc.h>
#include <stdint.h>

static void ends(void)
{
    void *block = realloc(NULL, 100);
    check("realloc(NULL, n) allocates", block != NULL && (uintptr_t)block % 16 == 0);
    void *gone = realloc(block, opaque(0));
    check("realloc(p, 0) frees and returns NULL", gone == NULL);
    block = realloc(NULL, opaque(0));
    check("realloc(NULL, 0) gives a block", block != NULL);
    free(block);
    block = reallocarray(NULL, 10, 8);
    check("reallocarray(NULL, n, m) allocates", block != NULL && malloc_usable_size(block) >= 80);
    block = reallocarray(block, 1000, 8);
    check("reallocarray grows", block != NULL && malloc_usable_size(block) >= 8000);
    free(block);
}

static void failure(const char *name, size_t size)
{
    unsigned char *block = malloc(size);
    paint(block, size, 9);
    errno = 0;
    void *moved = realloc(block, opaque(PTRDIFF_MAX));
    int holds = moved == NULL && errno == ENOMEM;
    errno = 0;
    moved = realloc(block, opaque(SIZE_MAX));
    holds &= moved == NULL && errno == ENOMEM;
    errno = 0;
    moved = reallocarray(block, opaque(SIZE_MAX / 4), 8);
    holds &= moved == NULL && errno == ENOMEM;
    holds &= painted(block, size, 9);
    check(name, holds);
    free(block);
}

static void steps(const char *name, size_t first, size_t last, size_t neighbours)
{
    void *between[64];
    size_t size = first, count = 0;
    unsigned char *block = malloc(size);
    paint(block, size, 3);
    int kept = 1;
    while (size != last) {
        size_t next = first < last ? size + size / 3 + 1 : size - size / 3 - 1;
        if ((first < last) == (next > last))
            next = last;
        /* Something may lie in the way of a block that wants to grow in place. */
        if (neighbours && count < 64)
            between[count++] = malloc(size);
        block = realloc(block, next);
        need("realloc has memory", block != NULL);
        kept &= painted(block, size < next ? size : next, 3);
        kept &= malloc_usable_size(block) >= next;
        paint(block, next, 3);
        size = next;
    }
    check(name, kept);
    free(block);
    while (count > 0)
        free(between[--count]);
}

static void aligned_blocks(void)
{
    unsigned char *block = aligned_alloc(4096, 4096);
    paint(block, 4096, 5);
    block = realloc(block, 100000);
    check("realloc takes an aligned block", block != NULL && painted(block, 4096, 5));
    free(block);
}

void reallocation(void)
{
    ends();
    failure("a realloc that fails leaves a small block", 40);
    failure("a realloc that fails leaves a medium block", 20000);
    failure("a realloc that fails leaves a large block", 3 << 20);
    steps("realloc keeps bytes while it grows", 1, 64 << 20, 0);
    steps("realloc keeps bytes while it grows among others", 1, 16 << 20, 1);
    steps("realloc keeps bytes while it shrinks", 64 << 20, 1, 0);
    steps("realloc keeps bytes while it shrinks among others", 16 << 20, 1, 1);
    aligned_blocks();
}
