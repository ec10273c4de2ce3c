/* Prints what malloc_info says of a heap with live blocks, small and large. */
#include "../sparse.h"

int main(void)
{
    struct sparse heap = sparse_new(5000, 10, 1);
    void *large = malloc(40 << 20);
    int result = malloc_info(0, stdout);
    free(large);
    sparse_free(&heap);
    return result;
}
