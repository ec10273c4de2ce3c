/* A thread sleeps in an ioctl whose argument is a block, while the heap is meshed. What it waits for is that another process makes a
   call which a filter reports. */
#define _GNU_SOURCE
#include "../sparse.h"
#include "../threads/asleep.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int listener;
static pid_t number;
static struct seccomp_notif *report;

static void *sleeper(void *unused)
{
    __atomic_store_n(&number, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, report) == 0 ? &listener : unused;
}

/* A process whose getpriority is reported; it waits for a byte before it calls it. */
static void reported(int ready, int go)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    char byte = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    int file = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (write(ready, &file, sizeof file) != sizeof file || read(go, &byte, 1) != 1)
        _exit(1);
    getpriority(PRIO_PROCESS, 0);
    _exit(0);
}

int main(void)
{
    int ready[2], go[2], file = -1;
    void *result;
    pthread_t thread;
    need("pipes", pipe(ready) == 0 && pipe(go) == 0);
    pid_t child = fork();
    if (child == 0)
        reported(ready[1], go[0]);
    need("a filter", read(ready[0], &file, sizeof file) == sizeof file && file >= 0);
    int process = (int)syscall(SYS_pidfd_open, child, 0);
    listener = (int)syscall(SYS_pidfd_getfd, process, file, 0);
    need("a listener", listener >= 0);
    report = calloc(1, sizeof *report);
    need("a thread", pthread_create(&thread, NULL, sleeper, NULL) == 0);
    until_asleep(&number);
    struct sparse heap = sparse_new(20000, 10, 1);
    compact();
    check("blocks are whole", sparse_painted(&heap, 1));
    need("a call", write(go[1], "", 1) == 1);
    pthread_join(thread, &result);
    check("the thread has its report", result != NULL && report->data.nr == SYS_getpriority);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    sparse_free(&heap);
    return 0;
}
