/* What a program may ask for after which nothing may be meshed any more. */
#include "../sparse.h"
#include "../threads/asleep.h"
#include <aio.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Reads a pipe asynchronously, into small blocks of a sparse heap. */
static void aio(void)
{
    enum { READS = 50, SIZE = 100 };
    static struct aiocb controls[READS];
    int ends[2];
    need("a pipe", pipe(ends) == 0);
    for (int i = 0; i < READS; i++) {
        controls[i].aio_fildes = ends[0];
        controls[i].aio_buf = memset(malloc(SIZE), 0, SIZE);
        controls[i].aio_nbytes = SIZE;
        need("aio_read", aio_read(&controls[i]) == 0);
    }
    struct sparse heap = sparse_new(20000, 10, 1);
    char data[SIZE];
    memset(data, 7, SIZE);
    int whole = 1;
    for (int i = 0; i < READS; i++) {
        compact();
        need("write", write(ends[1], data, SIZE) == SIZE);
    }
    for (int i = 0; i < READS; i++) {
        const struct aiocb *list[] = {&controls[i]};
        while (aio_error(&controls[i]) == EINPROGRESS)
            aio_suspend(list, 1, NULL);
        whole &= aio_return(&controls[i]) == SIZE
            && memcmp((const void *)controls[i].aio_buf, data, SIZE) == 0;
    }
    check("asynchronous reads arrive", whole);
    sparse_free(&heap);
}

static void locked(void)
{
    int locked = mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
    check("memory can be locked", locked);
}

/* A ring of which nobody knows where its requests are. */
static void ring(void)
{
    static char parameters[120];
    if (syscall(SYS_io_uring_setup, 8, parameters) < 0) {
        printf("not here\n");
        exit(0);
    }
    check("a ring can be had", 1);
}

/* A filter that kills for what a mesh does. */
static void filtered(int by_prctl)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mremap, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    need("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    int installed = by_prctl ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0
                             : syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
    check("a filter can be installed", installed);
}

struct robust_entry {
    struct robust_list entry;
    int lock;
};
static struct robust_list_head robust;

static int may_end;

/* Takes a lock, and ends with it when it may. */
static void *keeps_lock(void *argument)
{
    struct robust_entry *kept = argument;
    robust = (struct robust_list_head){{&kept->entry}, offsetof(struct robust_entry, lock), NULL};
    kept->entry.next = &robust.list;
    if (syscall(SYS_set_robust_list, &robust, sizeof robust) == 0)
        __atomic_store_n(&kept->lock, (int)(syscall(SYS_gettid) | FUTEX_WAITERS), __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&may_end, __ATOMIC_SEQ_CST))
        usleep(1000);
    return NULL;
}

struct waiter_for_lock {
    struct robust_entry *kept;
    int value;
    pid_t number;
};

static void *waits_for_lock(void *argument)
{
    static const struct timespec patience = {20, 0};
    struct waiter_for_lock *waiter = argument;
    int *lock = &waiter->kept->lock;
    __atomic_store_n(&waiter->number, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    while (__atomic_load_n(lock, __ATOMIC_SEQ_CST) == waiter->value)
        if (syscall(SYS_futex, lock, FUTEX_WAIT, waiter->value, &patience, NULL, 0) && errno == ETIMEDOUT)
            return NULL;
    return waiter;
}

/* A list of robust futexes of the program's own, with a lock in a small block. */
static void robust_futexes(void)
{
    struct waiter_for_lock waiter = {calloc(1, sizeof *waiter.kept), 0, 0};
    pthread_t holder, thread;
    void *woken;
    need("a thread", pthread_create(&holder, NULL, keeps_lock, waiter.kept) == 0);
    while ((waiter.value = __atomic_load_n(&waiter.kept->lock, __ATOMIC_SEQ_CST)) == 0)
        usleep(1000);
    need("another thread", pthread_create(&thread, NULL, waits_for_lock, &waiter) == 0);
    until_asleep(&waiter.number);
    struct sparse heap = sparse_new(20000, 10, 1);
    compact();
    __atomic_store_n(&may_end, 1, __ATOMIC_SEQ_CST);
    pthread_join(holder, NULL);
    pthread_join(thread, &woken);
    check("a lock whose holder is gone", woken != NULL && waiter.kept->lock & FUTEX_OWNER_DIED);
    sparse_free(&heap);
}

static void *volatile block;

static void lock_before_fork(void)
{
    need("memory before a fork", (block = malloc(100)) != NULL);
    (void)!mlockall(MCL_CURRENT);
    free(block);
}

/* A program whose own fork handler asks for it, and is the first thing to ask for memory. */
static void locked_before_fork(void)
{
    need("a fork handler", pthread_atfork(lock_before_fork, NULL, NULL) == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    int status = -1;
    check("the fork goes on", waitpid(child, &status, 0) == child && status == 0);
}

int main(int count, char **arguments)
{
    const char *topic = count > 1 ? arguments[1] : "";
    if (strcmp(topic, "aio") == 0)
        aio();
    else if (strcmp(topic, "mlockall") == 0)
        locked();
    else if (strcmp(topic, "fork handler") == 0)
        locked_before_fork();
    else if (strcmp(topic, "ring") == 0)
        ring();
    else if (strcmp(topic, "robust") == 0)
        robust_futexes();
    else if (strcmp(topic, "prctl") == 0 || strcmp(topic, "seccomp") == 0)
        filtered(strcmp(topic, "prctl") == 0);
    else
        need("a topic", 0);
    struct sparse heap = sparse_new(20000, 10, 1);
    compact();
    check("blocks are whole", sparse_painted(&heap, 1));
    sparse_free(&heap);
    return 0;
}
