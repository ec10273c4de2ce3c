/* Explicit alignment: good ones, bad ones, and page-aligned relics. */
#include "../check.h"
#include "topics.h"
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <unistd.h>

typedef void *(*aligned_function)(size_t alignment, size_t size);

static void *through_posix(size_t alignment, size_t size)
{
    void *block = NULL;
    size_t word = sizeof(void *);
    return posix_memalign(&block, alignment < word ? word : alignment, size) == 0 ? block : NULL;
}

static void good(const char *name, aligned_function function)
{
    static const size_t sizes[] = {0, 1, 8, 24, 100, 1000, 4096, 5000, 40000, 300000, 3000000};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    int holds = 1;
    for (size_t alignment = 1; alignment <= (size_t)4 << 20; alignment *= 2) {
        void *blocks[SIZES];
        for (size_t i = 0; i < SIZES; i++) {
            blocks[i] = function(alignment, sizes[i]);
            holds &= blocks[i] != NULL && (uintptr_t)blocks[i] % alignment == 0
                && malloc_usable_size(blocks[i]) >= sizes[i];
            paint(blocks[i], sizes[i], (unsigned)i);
        }
        for (size_t i = 0; i < SIZES; i++) {
            holds &= painted(blocks[i], sizes[i], (unsigned)i);
            free(blocks[i]);
        }
    }
    check(name, holds);
}

static void bad(void)
{
    static const size_t unfit[] = {0, 3, 6, 12, 24, 48, 100, 1000};
    int refused = 1, errno_said = 1;
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
        errno = 0;
        void *block = aligned_alloc(opaque(unfit[i]), 64);
        refused &= block == NULL;
        errno_said &= errno == EINVAL;
        free(block);
    }
    check("aligned_alloc refuses 0 and what is no power of two", refused);
    check("aligned_alloc says EINVAL", errno_said);

    static const size_t unfit_for_posix[] = {0, 1, 2, 3, 4, 12, 24, 40, 1000};
    int invalid = 1, untouched = 1, errno_kept = 1;
    for (size_t i = 0; i < sizeof unfit_for_posix / sizeof *unfit_for_posix; i++) {
        void *block = &block;
        errno = 77;
        invalid &= posix_memalign(&block, opaque(unfit_for_posix[i]), 64) == EINVAL;
        untouched &= block == &block;
        errno_kept &= errno == 77;
    }
    check("posix_memalign returns EINVAL for a bad alignment", invalid);
    check("posix_memalign leaves the pointer alone", untouched);
    check("posix_memalign leaves errno alone", errno_kept);

    errno = 0;
    void *block = memalign(opaque(24), 100);
    check("memalign(24) rounds the alignment up or says EINVAL",
          block == NULL ? errno == EINVAL : (uintptr_t)block % 32 == 0);
    free(block);
}

static void huge(void)
{
    int holds = 1;
    for (size_t alignment = (size_t)8 << 20; alignment <= (size_t)1 << 32; alignment *= 2) {
        errno = 0;
        unsigned char *block = memalign(alignment, 100);
        if (block == NULL) {
            holds &= errno == ENOMEM;
            continue;
        }
        holds &= (uintptr_t)block % alignment == 0;
        paint(block, 100, 1);
        holds &= painted(block, 100, 1);
        free(block);
    }
    check("memalign with huge alignments", holds);
}

static void pages(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *nothing = valloc(0), *little = valloc(5);
    check("valloc(0) gives a block", nothing != NULL && (uintptr_t)nothing % page == 0);
    check("valloc aligns to a page", little != NULL && (uintptr_t)little % page == 0);
    free(nothing);
    free(little);
    nothing = pvalloc(0);
    little = pvalloc(1);
    void *more = pvalloc(page + 1);
    check("pvalloc(0) gives a block", nothing != NULL && (uintptr_t)nothing % page == 0);
    check("pvalloc aligns to a page", (uintptr_t)little % page == 0 && (uintptr_t)more % page == 0);
    check("pvalloc rounds up to whole pages",
          malloc_usable_size(little) >= page && malloc_usable_size(more) >= 2 * page);
    free(nothing);
    free(little);
    free(more);
}

void alignment(void)
{
    good("aligned_alloc aligns", aligned_alloc);
    good("memalign aligns", memalign);
    good("posix_memalign aligns", through_posix);
    bad();
    huge();
    pages();
}
