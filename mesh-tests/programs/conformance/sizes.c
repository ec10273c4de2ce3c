/* Sizes of nothing, small ones, and what lies under a block. */
#include "../check.h"
#include "topics.h"
#include <errno.h>
#include <malloc.h>
#include <stdint.h>

static void nothing(void)
{
    void *a = malloc(opaque(0));
    void *b = malloc(opaque(0));
    check("malloc(0) gives a block", a != NULL && b != NULL);
    check("malloc(0) is unique", a != b);
    free(a);
    free(b);
    a = calloc(opaque(0), 8);
    b = calloc(8, opaque(0));
    check("calloc of nothing gives a block", a != NULL && b != NULL && a != b);
    free(a);
    free(b);
    free(NULL);
    check("free(NULL) does nothing", 1);
    check("malloc_usable_size(NULL) is 0", malloc_usable_size(NULL) == 0);
}

static void every_small_size(void)
{
    enum { LIMIT = 5000 };
    static unsigned char *blocks[LIMIT];
    int given = 1, aligned = 1, large_enough = 1, kept = 1;
    for (size_t n = 0; n < LIMIT; n++) {
        blocks[n] = malloc(n);
        given &= blocks[n] != NULL;
        aligned &= (uintptr_t)blocks[n] % 16 == 0;
        large_enough &= malloc_usable_size(blocks[n]) >= n;
        paint(blocks[n], malloc_usable_size(blocks[n]), (unsigned)n);
    }
    for (size_t n = 0; n < LIMIT; n++) {
        kept &= painted(blocks[n], malloc_usable_size(blocks[n]), (unsigned)n);
        free(blocks[n]);
    }
    check("every size to 5000 is given", given);
    check("every block is 16-aligned", aligned);
    check("the usable size holds what was asked for", large_enough);
    check("the usable size is usable", kept);
}

static void large_sizes(void)
{
    int kept = 1, aligned = 1;
    for (size_t n = 4096; n <= (size_t)256 << 20; n = n * 2 + 1) {
        unsigned char *block = malloc(n);
        need("a large block is given", block != NULL);
        aligned &= (uintptr_t)block % 16 == 0;
        kept &= malloc_usable_size(block) >= n;
        block[0] = 1;
        block[n - 1] = 2;
        kept &= block[0] == 1 && block[n - 1] == 2;
        free(block);
    }
    check("large blocks are whole", kept);
    check("large blocks are 16-aligned", aligned);
    int again = 1;
    for (int i = 0; i < 1000; i++) {
        void *block = malloc((size_t)1 << 30);
        again &= block != NULL;
        free(block);
    }
    check("a gigabyte can be had a thousand times", again);
    errno = 0;
    size_t seventy = (size_t)70 << 30;
    unsigned char *huge = malloc(opaque(seventy));
    if (huge != NULL) {
        huge[0] = 1;
        huge[seventy - 1] = 1;
    }
    check("malloc(70 GiB) is a block or ENOMEM", huge != NULL || errno == ENOMEM);
    free(huge);
}

void sizes(void)
{
    nothing();
    every_small_size();
    large_sizes();
}
