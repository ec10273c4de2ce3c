/* After fork parent and child write to the same addresses: neither may see the other's bytes. */
#include "family.h"

enum { STAY = 10000, ROUNDS = 20 };

/* Rewrites and compacts, and looks whether everything is as this process left it. */
static int keep_house(const struct sparse *heap, unsigned before, unsigned own)
{
    int failed = !sparse_painted(heap, before);
    for (unsigned round = 0; round < 3; round++) {
        sparse_paint(heap, own + round);
        struct sparse more = sparse_new(500, 8, own);
        compact();
        failed |= !sparse_painted(heap, own + round) | !sparse_painted(&more, own);
        sparse_free(&more);
    }
    return failed;
}

void contents(void)
{
    struct sparse heap = sparse_new(STAY, 10, 1);
    compact();
    check("blocks survive compaction", sparse_painted(&heap, 1));
    unsigned painted_with = 1;
    int failed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        unsigned seed = 10u * (unsigned)round + 10u;
        pid_t child = fork();
        if (child == 0)
            _exit(keep_house(&heap, painted_with, 7000 + seed));
        failed |= keep_house(&heap, painted_with, seed);
        painted_with = seed + 2;
        failed |= !well(child);
        failed |= !sparse_painted(&heap, painted_with);
    }
    check("parent and child do not see each other's bytes", !failed);
    for (size_t i = 0; i < heap.count; i += 2) {
        free(heap.blocks[i]);
        heap.blocks[i] = malloc(heap.sizes[i]);
    }
    sparse_paint(&heap, 5);
    check("the heap is usable afterwards", sparse_painted(&heap, 5));
    sparse_free(&heap);
}
