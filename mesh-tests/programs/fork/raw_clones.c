/* Ways to duplicate a process beside fork: _Fork, clone and the system call. */
#define _GNU_SOURCE
#include "family.h"
#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static struct sparse heap;

static int rewrite(unsigned seed)
{
    int failed = !sparse_painted(&heap, 1);
    sparse_paint(&heap, seed);
    return failed | !sparse_painted(&heap, seed);
}

static int cloned(void *seed)
{
    return rewrite((unsigned)(size_t)seed);
}

static int own_bytes_are_whole(pid_t child)
{
    sparse_paint(&heap, 90);
    int good = well(child) && sparse_painted(&heap, 90);
    sparse_paint(&heap, 1);
    return good;
}

void raw_clones(void)
{
    static _Alignas(64) char stack[256 * 1024];
    heap = sparse_new(5000, 10, 1);
    compact();

    int good = 1;
    for (unsigned i = 0; i < 10; i++) {
        pid_t child = _Fork();
        if (child == 0)
            _exit(rewrite(20 + i));
        good &= own_bytes_are_whole(child);
    }
    check("_Fork", good);

    good = 1;
    for (unsigned i = 0; i < 10; i++) {
        pid_t child = clone(cloned, stack + sizeof stack, SIGCHLD, (void *)(size_t)(30 + i));
        good &= own_bytes_are_whole(child);
    }
    check("clone", good);

    good = 1;
    for (unsigned i = 0; i < 10; i++) {
        pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
        if (child == 0)
            _exit(rewrite(40 + i));
        good &= own_bytes_are_whole(child);
    }
    check("syscall(SYS_clone)", good);

    /* The first version of what clone3 takes. */
    unsigned long wanted[8] = {[4] = SIGCHLD};
    good = 1;
    for (unsigned i = 0; i < 10; i++) {
        pid_t child = (pid_t)syscall(SYS_clone3, wanted, sizeof wanted);
        if (child == 0)
            _exit(rewrite(60 + i));
        good &= own_bytes_are_whole(child);
    }
    check("syscall(SYS_clone3)", good);
    errno = 0;
    check("syscall passes errors on", syscall(SYS_close, -1) == -1 && errno == EBADF);
    errno = 0;
    check("also those of clones", syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0) == -1 && errno == EINVAL);
    int page = (int)sysconf(_SC_PAGESIZE);
    void *mapped = (void *)syscall(SYS_mmap, NULL, page, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    check("syscall with six arguments", mapped != MAP_FAILED && ((char *)mapped)[page - 1] == 0);
#ifdef SYS_fork
    pid_t child = (pid_t)syscall(SYS_fork);
    if (child == 0)
        _exit(rewrite(50));
    check("syscall(SYS_fork)", own_bytes_are_whole(child));
#endif
    sparse_free(&heap);
}
