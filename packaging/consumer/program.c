/* A program that was built with an installed Mesh: it has to run on it. */
#include <assert.h>
#include <mesh.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    const char *version = NULL;
    size_t size = sizeof version;
    void *block = malloc(100);
    assert(mesh_mallctl("version", &version, &size, NULL, 0) == 0);
    assert(block && mesh_in_bounds(block) && mesh_usable_size(block) >= 100);
    free(block);
    printf("%s\n", version);
    return 0;
}
