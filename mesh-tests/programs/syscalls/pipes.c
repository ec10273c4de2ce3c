/* read and readv. */
#include "io.h"

int pipes(const struct sparse *heap)
{
    int ends[2], good = 1;
    unsigned char message[1024];
    need("a pipe", pipe(ends) == 0);
    for (unsigned call = 0; good && call < CALLS; call++) {
        size_t a = call * 7u % heap->count, b = (a + 1) % heap->count;
        size_t size = heap->sizes[a] + heap->sizes[b] > 1024 ? 1024 - heap->sizes[a] : heap->sizes[b];
        size_t all = heap->sizes[a] + size;
        write_message(message, all, call);
        good &= write(ends[1], message, all) == (ssize_t)all;
        if (call % 2) {
            good &= returned("read", read(ends[0], heap->blocks[a], heap->sizes[a]), heap->sizes[a]);
            good &= returned("read", read(ends[0], heap->blocks[b], size), size);
        } else {
            struct iovec parts[] = {{heap->blocks[a], heap->sizes[a]}, {heap->blocks[b], size}};
            good &= returned("readv", readv(ends[0], parts, 2), all);
        }
        good &= is_message(heap->blocks[a], heap->sizes[a], call);
        good &= memcmp(heap->blocks[b], message + heap->sizes[a], size) == 0;
    }
    close(ends[0]);
    close(ends[1]);
    return good;
}
