/* A server of the old kind: children that live long, each with a heap of its own that changes and is compacted. */
#include "family.h"

enum { CHILDREN = 3, ROUNDS = 30, STAY = 3000 };

static int mappings(void)
{
    int lines = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    need("/proc/self/maps", file != NULL);
    for (int byte; (byte = getc(file)) != EOF;)
        lines += byte == '\n';
    fclose(file);
    return lines;
}

/* What is allocated is freed again, so after the first rounds nothing may grow. */
static int serve(const struct sparse *inherited, unsigned seed)
{
    int failed = !sparse_painted(inherited, 1), early = 0;
    sparse_paint(inherited, seed);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct sparse own = sparse_new(STAY, 8, seed + round);
        compact();
        failed |= !sparse_painted(&own, seed + round) | !sparse_painted(inherited, seed);
        sparse_free(&own);
        if (round == ROUNDS / 3)
            early = mappings();
    }
    compact();
    return failed | (mappings() > early + early / 2 + 100) << 1;
}

void prefork(void)
{
    pid_t children[CHILDREN];
    struct sparse heap = sparse_new(5000, 10, 1);
    compact();
    for (unsigned i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        need("a child starts", children[i] >= 0);
        if (children[i] == 0)
            exit(serve(&heap, 100 * (i + 1)));
    }
    int good = 0;
    for (int i = 0; i < CHILDREN; i++)
        good += well(children[i]);
    check("children keep their heaps, and do not grow", good == CHILDREN);
    check("the parent's heap is as before", sparse_painted(&heap, 1));
    check("the parent can do the same", serve(&heap, 1000) == 0);
    sparse_free(&heap);
}
