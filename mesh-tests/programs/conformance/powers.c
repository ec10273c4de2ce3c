/* Alignments: every power of two, and what is none. */
#include "named.h"
#include "topics.h"
#include <errno.h>
#include <malloc.h>
#include <stdint.h>

static void *by_posix_memalign(size_t align, size_t size)
{
    void *block = NULL;
    int error = posix_memalign(&block, align, size);
    /* It returns the number; the others set it. */
    if (error != 0)
        errno = error;
    return block;
}

static const struct {
    const char *name;
    void *(*allocate)(size_t align, size_t size);
    size_t least;
} functions[] = {
    {"aligned_alloc", aligned_alloc, 1},
    {"memalign", memalign, 1},
    {"posix_memalign", by_posix_memalign, sizeof(void *)},
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

static const size_t amounts[] = {1, 16, 100, 512, 1000, 4096, 5000, 40000, 300000};

enum { SIZES = sizeof amounts / sizeof *amounts };

static void powers_of_two(int which)
{
    for (size_t align = functions[which].least; align <= (size_t)1 << 27; align *= align < 1 << 16 ? 2 : 8) {
        unsigned char *blocks[SIZES];
        int is_aligned = 1, is_whole = 1;
        for (int i = 0; i < SIZES; i++) {
            blocks[i] = functions[which].allocate(opaque(align), amounts[i]);
            need("memory", blocks[i] != NULL);
            is_aligned &= (uintptr_t)blocks[i] % align == 0 && malloc_usable_size(blocks[i]) >= amounts[i];
            paint(blocks[i], amounts[i], (unsigned)i);
        }
        for (int i = 0; i < SIZES; i++) {
            is_whole &= painted(blocks[i], amounts[i], (unsigned)i);
            unsigned char *longer = realloc(blocks[i], 2 * amounts[i] + 1);
            need("memory", longer != NULL);
            is_whole &= painted(longer, amounts[i], (unsigned)i);
            free(longer);
        }
        checkf(is_aligned && is_whole, "%s: blocks aligned to %zu", functions[which].name, align);
    }
}

static void refused(const char *name, void *(*allocate)(size_t, size_t), size_t align, size_t size, int error)
{
    errno = 0;
    void *block = allocate(opaque(align), opaque(size));
    checkf(block == NULL && errno == error, "%s: %zu bytes aligned to %zu are %s", name, size, align,
           error == EINVAL ? "EINVAL" : "ENOMEM");
    free(block);
}

void powers(void)
{
    for (int which = 0; which < FUNCTIONS; which++)
        powers_of_two(which);
    static const size_t none[] = {0, 3, 24, 48, 100, 4095, SIZE_MAX};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        refused("aligned_alloc", aligned_alloc, none[i], 100, EINVAL);
        refused("posix_memalign", by_posix_memalign, none[i], 100, EINVAL);
    }
    for (size_t align = 1; align < sizeof(void *); align *= 2)
        refused("posix_memalign", by_posix_memalign, align, 100, EINVAL);
    for (int which = 0; which < FUNCTIONS; which++) {
        refused(functions[which].name, functions[which].allocate, 64, PTRDIFF_MAX, ENOMEM);
        refused(functions[which].name, functions[which].allocate, (size_t)1 << 62, (size_t)1 << 62, ENOMEM);
        refused(functions[which].name, functions[which].allocate, 4096, SIZE_MAX - 4000, ENOMEM);
    }
}
