/* Prints all figures as JSON. */
#include "../sparse.h"
#include <mesh.h>

int main(void)
{
    struct sparse heap = sparse_new(2000, 10, 1);
    mesh_compact();
    size_t size = mesh_stats_json(NULL, 0) + 1000;
    char *text = malloc(size);
    need("the figures fit", mesh_stats_json(text, size) < size);
    puts(text);
    sparse_free(&heap);
    return 0;
}
