/* Children of children, each with threads of its own and each with the heap of all before. */
#include "family.h"

enum { DEPTH = 3, THREADS = 2 };

static int descend(int depth, const struct sparse *heap, unsigned seed)
{
    int failed = live((unsigned)depth) | !sparse_painted(heap, seed);
    if (depth == DEPTH)
        return failed;
    struct sparse own = sparse_new(2000, 8, 100u + (unsigned)depth);
    compact();
    pthread_t threads[THREADS];
    start_threads(threads, THREADS);
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child == 0) {
            sparse_paint(heap, 1000);
            failed = !sparse_painted(&own, 100u + (unsigned)depth);
            exit(failed | descend(depth + 1, heap, 1000));
        }
        failed |= !well(child);
    }
    join_threads(threads, THREADS);
    compact();
    failed |= !sparse_painted(heap, seed) | !sparse_painted(&own, 100u + (unsigned)depth);
    sparse_free(&own);
    return failed | spoiled;
}

void generations(void)
{
    struct sparse heap = sparse_new(5000, 8, 1);
    compact();
    check("generations keep their blocks apart", descend(0, &heap, 1) == 0);
    sparse_free(&heap);
}
