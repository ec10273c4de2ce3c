/* A child that stands still must not hold up its parent, nor see what the parent writes. */
#include "family.h"

void stopped_child(void)
{
    struct sparse heap = sparse_new(10000, 10, 1);
    compact();
    int failed = 0;
    for (int round = 0; round < 5; round++) {
        pid_t child = fork();
        if (child == 0) {
            /* Stops before it has touched the heap. */
            raise(SIGSTOP);
            _exit(live(1) | !sparse_painted(&heap, 1));
        }
        int status = 0;
        failed |= waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status);
        for (unsigned i = 0; i < 5; i++) {
            sparse_paint(&heap, 50 + i);
            compact();
            failed |= live(i) | !sparse_painted(&heap, 50 + i);
        }
        kill(child, SIGCONT);
        failed |= !well(child);
        sparse_paint(&heap, 1);
    }
    check("a stopped child sees the heap as it was at fork", !failed);
    sparse_free(&heap);
}
