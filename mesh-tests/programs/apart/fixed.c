/* A program whose functions are where the linker has put them. It takes the addresses of functions of the C library, and these
   are entries of its own then, for all who ask. */
#include "../check.h"
#include "../sparse.h"
#include <stdint.h>

int main(void)
{
    /* By instructions: words of data the loader would fill. */
    uintptr_t entries[] = {opaque((uintptr_t)malloc), opaque((uintptr_t)calloc), opaque((uintptr_t)realloc)};
    int near = 1;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        uintptr_t here = (uintptr_t)main;
        near &= (entries[i] > here ? entries[i] - here : here - entries[i]) < 1 << 20;
    }
    check("the entries are the program's", near);
    struct sparse heap = sparse_new(6000, 10, 1);
    compact();
    check("blocks are whole", sparse_painted(&heap, 1));
    sparse_free(&heap);
    return 0;
}
