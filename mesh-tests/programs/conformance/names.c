/* Entries beside the usual ones. All are weak: a missing one is a failed check. */
#include "../check.h"
#include "topics.h"
#include <malloc.h>
#include <stdint.h>

#define WEAK __attribute__((weak))

extern void *__libc_malloc(size_t) WEAK;
extern void *__libc_calloc(size_t, size_t) WEAK;
extern void *__libc_realloc(void *, size_t) WEAK;
extern void __libc_free(void *) WEAK;
extern void *__libc_memalign(size_t, size_t) WEAK;
extern void *__libc_valloc(size_t) WEAK;
extern void *__libc_pvalloc(size_t) WEAK;
extern int __posix_memalign(void **, size_t, size_t) WEAK;
extern void cfree(void *) WEAK;
extern void free_sized(void *, size_t) WEAK;
extern void free_aligned_sized(void *, size_t, size_t) WEAK;

/* Blocks of one family of names must be good for the other. */
static void internal_names(void)
{
    check("__libc_malloc and others are there",
          __libc_malloc && __libc_calloc && __libc_realloc && __libc_free && __libc_memalign
              && __libc_valloc && __libc_pvalloc);
    if (__libc_malloc && __libc_calloc && __libc_realloc && __libc_free && __libc_memalign) {
        void *block = malloc(100);
        block = __libc_realloc(block, 200);
        check("__libc_realloc takes a block of malloc", block && malloc_usable_size(block) >= 200);
        __libc_free(block);
        block = __libc_malloc(100);
        check("__libc_malloc gives a block", block && malloc_usable_size(block) >= 100);
        block = realloc(block, 1000);
        free(block);
        block = __libc_calloc(10, 10);
        check("__libc_calloc clears", block && zero(block, 100));
        free(block);
        block = __libc_memalign(256, 10);
        check("__libc_memalign aligns", block && (uintptr_t)block % 256 == 0);
        free(block);
    }
    if (__libc_valloc && __libc_pvalloc) {
        void *block = __libc_valloc(10), *pages = __libc_pvalloc(10);
        check("__libc_valloc and __libc_pvalloc align",
              (uintptr_t)block % 4096 == 0 && (uintptr_t)pages % 4096 == 0);
        free(block);
        free(pages);
    }
    void *block = NULL;
    check("__posix_memalign aligns", __posix_memalign && __posix_memalign(&block, 512, 10) == 0
              && (uintptr_t)block % 512 == 0);
    free(block);
}

static void other_frees(void)
{
    check("cfree is there", cfree != NULL);
    if (cfree)
        cfree(malloc(10));
    check("free_sized is there", free_sized != NULL);
    if (free_sized) {
        free_sized(malloc(10), 10);
        free_sized(malloc(100000), 100000);
        free_sized(NULL, 0);
    }
    check("free_aligned_sized is there", free_aligned_sized != NULL);
    if (free_aligned_sized) {
        free_aligned_sized(aligned_alloc(64, 128), 64, 128);
        free_aligned_sized(aligned_alloc(8192, 8192), 8192, 8192);
        free_aligned_sized(NULL, 64, 0);
    }
}

void names(void)
{
    internal_names();
    other_frees();
}
