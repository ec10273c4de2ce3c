/* Objects that must keep their physical pages, beside a heap that meshes. */
#include "topics.h"

int main(void)
{
    written_by_the_kernel();
    struct sparse heap = sparse_new(20000, 10, 1);
    futexes();
    pages();
    check("blocks are whole", sparse_painted(&heap, 1));
    sparse_free(&heap);
    return 0;
}
