/* No address space is left for the copies of a fork: the parent goes on, whatever becomes of the child. Standard error
   says what that was. */
#define _GNU_SOURCE
#include "family.h"
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static struct sparse heap;
static struct rlimit before;

static void leave_no_room(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    need("/proc/self/statm", file && fscanf(file, "%zu", &pages) == 1);
    fclose(file);
    getrlimit(RLIMIT_AS, &before);
    struct rlimit now = {pages * 4096 + 65536, before.rlim_max};
    need("setrlimit", setrlimit(RLIMIT_AS, &now) == 0);
}

/* The child writes to its copy of the heap, and must leave the parent's alone. */
static int overwrite(void *unused)
{
    (void)unused;
    int failed = !sparse_painted(&heap, 1);
    sparse_paint(&heap, 9);
    return failed | !sparse_painted(&heap, 9);
}

static void judge(const char *name, pid_t child, int error)
{
    int status = 0;
    if (child < 0) {
        fprintf(stderr, "%s: refused\n", name);
        check(name, error == EAGAIN);
    } else {
        need("the child ends", waitpid(child, &status, 0) == child);
        fprintf(stderr, "%s: child ended with %d\n", name, WEXITSTATUS(status));
        check(name, WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 127));
    }
    check("the parent's heap is as before", sparse_painted(&heap, 1));
}

#define TRY(name, call)                                                                            \
    do {                                                                                           \
        errno = 0;                                                                                 \
        pid_t made = call;                                                                         \
        if (made == 0)                                                                             \
            _exit(overwrite(NULL));                                                                \
        judge(name, made, errno);                                                                  \
    } while (0)

void no_room(void)
{
    static _Alignas(64) char stack[256 * 1024];
    heap = sparse_new(5000, 10, 1);
    compact();
    /* The C library's own fork, as its functions call it. */
    void *library = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    pid_t (*inner_fork)(void);
    *(void **)&inner_fork = dlsym(library, "fork");
    need("the C library's fork", inner_fork != NULL);
    leave_no_room();
    TRY("fork", fork());
    TRY("_Fork", _Fork());
    TRY("clone", clone(overwrite, stack + sizeof stack, SIGCHLD, NULL));
    TRY("syscall(SYS_clone)", (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
    TRY("a fork of the C library", inner_fork());
    setrlimit(RLIMIT_AS, &before);
    pid_t child = fork();
    if (child == 0)
        _exit(overwrite(NULL));
    check("fork with room again", well(child));
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
