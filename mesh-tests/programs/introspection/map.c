/* Maps of a sparse heap before and after it is meshed, in the files that the arguments name. */
#include "../sparse.h"
#include <errno.h>

extern int mesh_mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size);

static int write_map(const char *file)
{
    return mesh_mallctl("map.write", NULL, NULL, &file, sizeof file);
}

int main(int count, char **arguments)
{
    need("two files", count == 3);
    char off = 0;
    check("meshing waits", mesh_mallctl("mesh.enabled", NULL, NULL, &off, 1) == 0);
    struct sparse heap = sparse_new(20000, 10, 1);
    check("a map before", write_map(arguments[1]) == 0);
    char on = 1;
    check("meshing goes on", mesh_mallctl("mesh.enabled", NULL, NULL, &on, 1) == 0);
    compact();
    check("a map after", write_map(arguments[2]) == 0);
    errno = 77;
    check("no file is ENOENT", write_map("/no/such/directory/map") == ENOENT);
    check("no name is EINVAL", write_map(NULL) == EINVAL);
    check("no value is EINVAL", mesh_mallctl("map.write", NULL, NULL, NULL, 0) == EINVAL);
    char small = 0;
    check("another size is EINVAL", mesh_mallctl("map.write", NULL, NULL, &small, 1) == EINVAL);
    size_t value, size = sizeof value;
    check("it cannot be read", mesh_mallctl("map.write", &value, &size, NULL, 0) == EPERM);
    check("errno stays", errno == 77);
    check("the heap is whole", sparse_painted(&heap, 1));
    sparse_free(&heap);
    return 0;
}
