/* Calls that would end meshing, but fail, or only ask a question; and calls of a child that shares our memory, and has filters of its own. After
   all of them the heap is meshed as ever. */
#include "../sparse.h"
#include <aio.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter filter[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
static struct sock_fprog program = {1, filter};
static unsigned parameters[30];
static unsigned long context = 1;

static int fails(long result) { return result == -1; }

static void no_filters(void)
{
    uint32_t action = SECCOMP_RET_ALLOW;
    check("a mode of no filter", fails(prctl(PR_SET_SECCOMP, 77, 0, 0, 0)));
    check("a filter that is nowhere", fails(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0)));
    check("the mode that there is", prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0);
    check("no operation", fails(syscall(SYS_seccomp, 77, 0, NULL)));
    check("a filter that is nowhere, by its own call", fails(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL)));
    check("an action that there is", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0);
    check("the same by prctl's number", fails(syscall(SYS_prctl, PR_SET_SECCOMP, 77, 0, 0, 0)));
}

static void no_asynchronous_calls(void)
{
    struct aiocb *list[1] = {NULL};
    check("a ring without entries", fails(syscall(SYS_io_uring_setup, 0, parameters)));
    check("a ring without parameters", fails(syscall(SYS_io_uring_setup, 8, NULL)));
    check("a context over another", fails(syscall(SYS_io_setup, 8, &context)));
    check("a list of no kind", fails(lio_listio(99, list, 1, NULL)) && errno == EINVAL);
}

static void no_locked_memory(void)
{
    check("pages of no kind", fails(mlockall(0)));
    check("pages of no kind, by number", fails(syscall(SYS_mlockall, 0)));
    check("a list of locks of another size", fails(syscall(SYS_set_robust_list, &context, 1)));
}

/* What the calls make of single pages: nothing. */
static void no_advice(const struct sparse *heap)
{
    int failed = 1;
    for (size_t i = 0; i < heap->count; i++) {
        char *page = (char *)((uintptr_t)heap->blocks[i] & ~(uintptr_t)4095);
        failed &= fails(madvise(page, 4096, 9999)) && fails(mprotect(page + 1, 4096, PROT_READ));
        failed &= fails(syscall(SYS_madvise, page, 4096, 9999));
        failed &= fails(syscall(SYS_rseq, heap->blocks[i], 1, 0, 0));
    }
    check("no advice", failed);
}

static void child_with_a_filter(void)
{
    int status = -1;
    pid_t child = vfork();
    if (child == 0) {
        prctl(PR_SET_SECCOMP, 77, 0, 0, 0);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        _exit(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0
              || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0);
    }
    check("the filters of a child", waitpid(child, &status, 0) == child && status == 0);
}

int main(void)
{
    no_filters();
    no_asynchronous_calls();
    no_locked_memory();
    child_with_a_filter();
    struct sparse heap = sparse_new(20000, 10, 1);
    no_advice(&heap);
    compact();
    check("blocks are whole", sparse_painted(&heap, 1));
    sparse_free(&heap);
    return 0;
}
