/* Meshes when its control group is almost full. Arguments: the group's directory, its limit in MiB. */
#include "at_work.h"

static size_t used(const char *group)
{
    char path[4096];
    size_t bytes = 0;
    snprintf(path, sizeof path, "%s/memory.usage_in_bytes", group);
    FILE *file = fopen(path, "r");
    need("the group's figures", file != NULL && fscanf(file, "%zu", &bytes) == 1);
    fclose(file);
    return bytes;
}

int main(int count, char **arguments)
{
    enum { MIB = 1 << 20, STEP = 64 << 10 };
    if (count != 3)
        return 64;
    const char *group = arguments[1];
    size_t limit = strtoul(arguments[2], NULL, 10) * MIB;
    struct sparse heap = sparse_new(12000, 10, 1);
    size_t most = limit / STEP, filled = 0;
    char **filling = malloc(most * sizeof *filling);
    need("memory for pointers", filling != NULL);
    while (filled < most && used(group) + MIB / 2 < limit) {
        filling[filled] = malloc(STEP);
        need("memory below the limit", filling[filled] != NULL);
        paint(filling[filled], STEP, 3);
        filled++;
    }
    check("the group is almost full", used(group) + MIB > limit);
    for (unsigned round = 1; round < 4; round++) {
        compact();
        check("blocks are whole", sparse_painted(&heap, round));
        sparse_paint(&heap, round + 1);
    }
    int good = 1;
    for (size_t i = 0; i < filled; i++) {
        good &= painted(filling[i], STEP, 3);
        free(filling[i]);
    }
    check("large blocks are whole", good);
    compact();
    check("a child has its own", at_work_in_child(&heap, 4, 5));
    sparse_free(&heap);
    free(filling);
    return 0;
}
