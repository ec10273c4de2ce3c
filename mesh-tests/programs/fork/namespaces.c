/* The first process of a namespace forks into another one, whose first process the child is: both have the same number. */
#define _GNU_SOURCE
#include "family.h"
#include <sched.h>

static struct sparse heap;

static void *sleep_on(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static int is_well(pid_t child)
{
    if (child == 0) {
        int failed = getpid() != 1 || !sparse_painted(&heap, 1);
        sparse_paint(&heap, 9);
        compact();
        _exit(failed | live(3) | !sparse_painted(&heap, 9));
    }
    return well(child) && sparse_painted(&heap, 1);
}

/* One fork for each namespace: no process comes after its first one has ended. */
static int first(void *way)
{
    pthread_t thread;
    compact();
    need("a thread starts", pthread_create(&thread, NULL, sleep_on, NULL) == 0);
    need("a namespace", unshare(CLONE_NEWPID) == 0);
    _exit(!is_well(way == NULL ? fork() : _Fork()));
}

void namespaces(void)
{
    static _Alignas(64) char stack[256 * 1024];
    heap = sparse_new(3000, 10, 1);
    compact();
    int good = 0, permitted = 1;
    for (int i = 0; i < 6; i++) {
        void *way = i % 2 ? &heap : NULL;
        pid_t child = clone(first, stack + sizeof stack, CLONE_NEWPID | SIGCHLD, way);
        permitted &= child > 0;
        good += well(child);
    }
    check("a process with its parent's number", good == 6 || !permitted);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
