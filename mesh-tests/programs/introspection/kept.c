// Prints what the thread keeps after rounds of 1 MiB in blocks of several sizes; then once more, when it may keep next to nothing.
#include <mesh.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1 << 20 };

static size_t kept_after_rounds(void)
{
    static void *blocks[MOST / 64];
    static const size_t sizes[] = {64, 512, 3072, 16384};
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 4; i++) {
            size_t count = MOST / sizes[i];
            for (size_t n = 0; n < count; n++)
                blocks[n] = malloc(sizes[i]);
            for (size_t n = 0; n < count; n++)
                free(blocks[n]);
        }
    }
    size_t kept = 0, size = sizeof kept;
    return mesh_mallctl("mesh.kept_bytes", &kept, &size, NULL, 0) == 0 ? kept : (size_t)-1;
}

int main(void)
{
    printf("%zu\n", kept_after_rounds());
    size_t none = 0;
    if (mesh_mallctl("mesh.thread_cache_max", NULL, NULL, &none, sizeof none) != 0)
        return 1;
    printf("%zu\n", kept_after_rounds());
    return 0;
}
