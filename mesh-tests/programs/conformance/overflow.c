/* Requests that no machine can satisfy: NULL and ENOMEM, from every entry. */
#include "../check.h"
#include "topics.h"
#include <errno.h>
#include <malloc.h>
#include <stdint.h>

#define REFUSED(name, call)                                                                        \
    do {                                                                                           \
        errno = 0;                                                                                 \
        void *block = (call);                                                                      \
        check(name, block == NULL && errno == ENOMEM);                                             \
    } while (0)

void overflow(void)
{
    size_t half = opaque((size_t)PTRDIFF_MAX + 1);
    size_t most = opaque(SIZE_MAX);

    REFUSED("malloc(PTRDIFF_MAX) is refused", malloc(half - 1));
    REFUSED("malloc(PTRDIFF_MAX + 1) is refused", malloc(half));
    int refused = 1;
    for (size_t below = 0; below < 64; below++) {
        errno = 0;
        refused &= malloc(most - below) == NULL && errno == ENOMEM;
    }
    check("malloc near SIZE_MAX is refused", refused);
    REFUSED("malloc(SIZE_MAX - 4096) is refused", malloc(most - 4096));

    REFUSED("calloc with an overflow is refused", calloc(most / 2, 3));
    REFUSED("calloc whose product wraps to a small number is refused",
            calloc(opaque((size_t)1 << 33) + 1, (size_t)1 << 31));
    REFUSED("calloc whose product wraps to 0 is refused",
            calloc(opaque((size_t)1 << 32), (size_t)1 << 32));
    REFUSED("calloc(1, PTRDIFF_MAX + 1) is refused", calloc(1, half));

    REFUSED("reallocarray with an overflow is refused", reallocarray(NULL, most / 2, 3));
    REFUSED("realloc(NULL, SIZE_MAX) is refused", realloc(NULL, most));

    REFUSED("aligned_alloc of PTRDIFF_MAX + 1 is refused", aligned_alloc(64, half));
    REFUSED("aligned_alloc of SIZE_MAX is refused", aligned_alloc(4096, most));
    REFUSED("memalign of SIZE_MAX is refused", memalign(4096, most));
    REFUSED("memalign with an alignment of 2^62 is refused", memalign(opaque((size_t)1 << 62), 1));
    REFUSED("valloc(SIZE_MAX) is refused", valloc(most));
    REFUSED("pvalloc(SIZE_MAX) is refused", pvalloc(most));

    errno = 0;
    void *block = memalign(half, 1);
    check("memalign with an alignment of 2^63 is refused",
          block == NULL && (errno == ENOMEM || errno == EINVAL));

    errno = 77;
    block = &block;
    int result = posix_memalign(&block, 64, most);
    check("posix_memalign of SIZE_MAX returns ENOMEM", result == ENOMEM);
    check("posix_memalign leaves errno alone when memory is short", errno == 77);
    check("posix_memalign leaves the pointer alone when memory is short", block == &block);
}
