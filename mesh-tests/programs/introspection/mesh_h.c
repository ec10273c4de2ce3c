/* The functions of mesh.h. */
#include "../sparse.h"
#include <mesh.h>
#include <unistd.h>

int main(void)
{
    int local = 0;
    struct sparse heap = sparse_new(20000, 10, 1);
    void *block = malloc(100);
    check("mesh_usable_size", mesh_usable_size(block) >= 100 && mesh_usable_size(NULL) == 0);
    check("mesh_in_bounds knows the heap", mesh_in_bounds(block));
    check("mesh_in_bounds knows what is not", !mesh_in_bounds(&local) && !mesh_in_bounds(NULL));
    check("mesh_compact gives memory back", mesh_compact() > 0);
    check("blocks are whole", sparse_painted(&heap, 1));

    char json[20000];
    size_t length = mesh_stats_json(json, sizeof json);
    check("mesh_stats_json", length > 100 && length == strlen(json) && json[0] == '{'
              && strcmp(json + length - 2, "}\n") == 0 && strstr(json, "\"mesh_count\"") != NULL);
    check("mesh_stats_json cuts", mesh_stats_json(json, 10) > 100 && strlen(json) == 9
              && mesh_stats_json(NULL, 0) > 100);

    int pinned = mesh_pin(block) == 0;
    memset(block, 7, 100);
    mesh_compact();
    pinned &= *(char *)block == 7 && mesh_unpin(block) == 0;
    check("mesh_pin and mesh_unpin", pinned);
    check("what is no block cannot be pinned", mesh_pin(&local) != 0);
    free(block);
    sparse_free(&heap);
    return 0;
}
