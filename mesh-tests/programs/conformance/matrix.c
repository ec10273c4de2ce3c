/* What every function that allocates promises: each promise for each of them. */
#include "named.h"
#include "topics.h"
#include <errno.h>
#include <malloc.h>
#include <stdint.h>

static void *by_malloc(size_t size) { return malloc(size); }
static void *by_calloc(size_t size) { return calloc(1, size); }
static void *by_calloc_of_bytes(size_t size) { return calloc(size, 1); }
static void *by_realloc(size_t size) { return realloc(NULL, size); }
static void *by_reallocarray(size_t size) { return reallocarray(NULL, 1, size); }
static void *by_aligned_alloc(size_t size) { return aligned_alloc(64, size); }
static void *by_memalign(size_t size) { return memalign(64, size); }
static void *by_valloc(size_t size) { return valloc(size); }
static void *by_pvalloc(size_t size) { return pvalloc(size); }

static void *by_posix_memalign(size_t size)
{
    void *block = NULL;
    int error = posix_memalign(&block, 64, size);
    /* It returns the number, and leaves errno alone: here it is set as the others set it. */
    if (error != 0)
        errno = error;
    return error == 0 ? block : NULL;
}

static const struct function {
    const char *name;
    void *(*allocate)(size_t size);
    size_t alignment;
    int clears;
} functions[] = {
    {"malloc", by_malloc, 16, 0},
    {"calloc of one", by_calloc, 16, 1},
    {"calloc of bytes", by_calloc_of_bytes, 16, 1},
    {"realloc of NULL", by_realloc, 16, 0},
    {"reallocarray of NULL", by_reallocarray, 16, 0},
    {"aligned_alloc", by_aligned_alloc, 64, 0},
    {"memalign", by_memalign, 64, 0},
    {"posix_memalign", by_posix_memalign, 64, 0},
    {"valloc", by_valloc, 4096, 0},
    {"pvalloc", by_pvalloc, 4096, 0},
};

static const size_t amounts[] = {1,    2,     7,     8,     9,     15,    16,     17,     24,     31,      32,      33,      63,
                               64,   65,    100,   128,   129,   255,   256,    257,    500,    511,     512,     513,     1000,
                               1024, 1025,  2048,  2049,  3000,  4095,  4096,   4097,   8192,   8193,    10000,   16384,   16385,
                               20000, 32768, 32769, 65536, 65537, 100000, 262144, 262145, 1000000, 1048576, 1048577, 5000000};

enum { SIZES = sizeof amounts / sizeof *amounts };

static void of_nothing(const struct function *function)
{
    void *one = function->allocate(opaque(0)), *other = function->allocate(opaque(0));
    checkf(one != NULL && other != NULL, "%s: nothing is a block", function->name);
    checkf(one != other, "%s: each block of nothing is another one", function->name);
    checkf((uintptr_t)one % 16 == 0, "%s: a block of nothing is aligned", function->name);
    free(one);
    free(other);
}

static void of_sizes(const struct function *function)
{
    void *blocks[SIZES];
    int is_there = 1, is_aligned = 1, holds = 1, is_clear = 1, is_whole = 1;
    /* Memory that was used before. */
    for (int i = 0; i < SIZES; i++)
        if ((blocks[i] = malloc(amounts[i])) != NULL)
            memset(blocks[i], 0xa5, amounts[i]);
    for (int i = 0; i < SIZES; i++)
        free(blocks[i]);
    for (int i = 0; i < SIZES; i++) {
        blocks[i] = function->allocate(opaque(amounts[i]));
        is_there &= blocks[i] != NULL;
        need("memory", is_there);
        is_aligned &= (uintptr_t)blocks[i] % function->alignment == 0;
        holds &= malloc_usable_size(blocks[i]) >= amounts[i];
        is_clear &= !function->clears || zero(blocks[i], amounts[i]);
        paint(blocks[i], amounts[i], (unsigned)i);
    }
    for (int i = 0; i < SIZES; i++)
        is_whole &= painted(blocks[i], amounts[i], (unsigned)i);
    /* All that is usable may be used. */
    for (int i = 0; i < SIZES; i++)
        memset(blocks[i], i, malloc_usable_size(blocks[i]));
    for (int i = 0; i < SIZES; i++)
        is_whole &= *(unsigned char *)blocks[i] == (unsigned char)i;
    checkf(is_aligned, "%s: blocks of all sizes are aligned to %zu", function->name, function->alignment);
    checkf(holds, "%s: the usable size is no less than what was asked for", function->name);
    checkf(is_whole, "%s: blocks do not overlap", function->name);
    if (function->clears)
        checkf(is_clear, "%s: memory that was used before is cleared", function->name);
    errno = 4711;
    for (int i = 0; i < SIZES; i++)
        free(blocks[i]);
    checkf(errno == 4711, "%s: free leaves errno alone", function->name);
}

static void keeps_errno(const struct function *function)
{
    errno = 4711;
    void *small = function->allocate(40), *large = function->allocate(400000);
    int kept = errno == 4711;
    checkf(kept, "%s: success leaves errno alone", function->name);
    free(small);
    free(large);
}

static void refuses(const struct function *function, const char *size_name, size_t size)
{
    unsigned char *before = function->allocate(100);
    paint(before, 100, 1);
    errno = 0;
    void *block = function->allocate(opaque(size));
    int is_refused = block == NULL, is_told = errno == ENOMEM;
    checkf(is_refused, "%s: %s bytes are refused", function->name, size_name);
    checkf(is_told, "%s: %s bytes are ENOMEM", function->name, size_name);
    free(block);
    void *after = function->allocate(100);
    checkf(after != NULL && painted(before, 100, 1), "%s: after %s bytes all is as it was", function->name, size_name);
    free(before);
    free(after);
}

void matrix(void)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const struct function *function = &functions[i];
        of_nothing(function);
        of_sizes(function);
        keeps_errno(function);
        refuses(function, "PTRDIFF_MAX", PTRDIFF_MAX);
        refuses(function, "PTRDIFF_MAX + 1", (size_t)PTRDIFF_MAX + 1);
        refuses(function, "SIZE_MAX - 4096", SIZE_MAX - 4096);
        refuses(function, "SIZE_MAX", SIZE_MAX);
    }
}
