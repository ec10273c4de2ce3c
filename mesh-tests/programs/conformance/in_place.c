/* When realloc leaves a block where it is, and what it keeps. */
#include "named.h"
#include "topics.h"
#include <errno.h>
#include <malloc.h>
#include <stdint.h>

static const size_t amounts[] = {1, 16, 24, 40, 100, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 150000, 300000, 2000000};

enum { SIZES = sizeof amounts / sizeof *amounts };

/* A block that fits stays: at the size that it has, and at any to its usable size. */
static void what_fits(size_t size)
{
    unsigned char *block = malloc(opaque(size));
    size_t usable = malloc_usable_size(block);
    paint(block, size, 7);
    unsigned char *same = realloc(block, opaque(size));
    checkf(same == block, "realloc of %zu bytes to the same size", size);
    unsigned char *all = realloc(same, opaque(usable));
    checkf(all == same && painted(all, size, 7), "realloc of %zu bytes to all that is usable", size);
    free(all);
}

/* Sizes for which malloc would give a block of the same size. */
static void same_class(size_t size)
{
    unsigned char *block = malloc(opaque(size));
    size_t usable = malloc_usable_size(block), smaller = size;
    paint(block, 1, 7);
    unsigned char *now = block;
    int stays = 1;
    for (size_t less = size; less > 0 && size - less < 64; less--) {
        void *other = malloc(opaque(less));
        if (malloc_usable_size(other) == usable)
            smaller = less;
        free(other);
    }
    for (size_t less = size; stays && less >= smaller; less--) {
        unsigned char *before = now;
        now = realloc(before, opaque(less));
        stays &= now == before;
    }
    checkf(stays && painted(now, 1, 7), "realloc of %zu bytes to fewer for which malloc would give as many", size);
    free(now);
}

static void to_nothing(size_t size)
{
    errno = 4711;
    void *block = realloc(malloc(opaque(size)), opaque(0));
    checkf(block == NULL && errno == 4711, "realloc of %zu bytes to nothing frees them", size);
}

static void between(size_t from, size_t to)
{
    size_t less = from < to ? from : to;
    unsigned char *block = malloc(opaque(from));
    paint(block, from, 5);
    block = realloc(block, opaque(to));
    checkf(block != NULL && painted(block, less, 5) && malloc_usable_size(block) >= to && (uintptr_t)block % 16 == 0,
           "realloc from %zu to %zu bytes", from, to);
    free(block);
}

void in_place(void)
{
    for (int i = 0; i < SIZES; i++) {
        what_fits(amounts[i]);
        same_class(amounts[i]);
        to_nothing(amounts[i]);
    }
    for (int i = 0; i < SIZES; i += 2)
        for (int k = 1; k < SIZES; k += 3)
            between(amounts[i], amounts[k]);
}
