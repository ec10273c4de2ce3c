/* What a program does under a limit: heaps that mesh, in itself and in children, with every byte looked at. */
#ifndef AT_WORK_H
#define AT_WORK_H

#include "../sparse.h"
#include <sys/wait.h>
#include <unistd.h>

/* Uses a heap that meshes; says whether all blocks were whole. */
static inline int at_work(unsigned seed)
{
    struct sparse heap = sparse_new(3000, 10, seed);
    compact();
    int good = sparse_painted(&heap, seed);
    sparse_paint(&heap, seed + 1);
    compact();
    good &= sparse_painted(&heap, seed + 1);
    sparse_free(&heap);
    return good;
}

/* The same in a child, which also finds `kept` as it was painted. */
static inline int at_work_in_child(const struct sparse *kept, unsigned painted, unsigned seed)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        int good = sparse_painted(kept, painted);
        sparse_paint(kept, painted + 7);
        good &= at_work(seed) && sparse_painted(kept, painted + 7);
        _exit(!good);
    }
    if (child == -1)
        perror("fork");
    return waitpid(child, &status, 0) == child && status == 0;
}

#endif
