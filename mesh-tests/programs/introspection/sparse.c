/* A program whose heap meshes as soon as it is compacted. */
#include "../sparse.h"

int main(void)
{
    struct sparse heap = sparse_new(20000, 10, 1);
    compact();
    check("a sparse heap survives compaction", sparse_painted(&heap, 1));
    sparse_free(&heap);
    return 0;
}
