/* A program with a filter of system calls that lets through what it needs itself, as those of browsers and of servers that shed their rights do:
   memory, waits, signals. It goes on to allocate and to wait; a call that only an allocator would make kills it. */
#define _GNU_SOURCE
#include "../sparse.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const int permitted[] = {
    SYS_read, SYS_write, SYS_close, SYS_fstat, SYS_newfstatat, SYS_lseek,
    SYS_poll, SYS_ppoll, SYS_select, SYS_pselect6, SYS_epoll_wait, SYS_epoll_pwait, SYS_nanosleep, SYS_clock_nanosleep, SYS_clock_gettime,
    SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise,
    SYS_futex, SYS_getpid, SYS_gettid, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_exit, SYS_exit_group,
};

static void shut_in(int by_prctl)
{
    enum { COUNT = sizeof permitted / sizeof *permitted };
    struct sock_filter code[COUNT + 3] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    for (int i = 0; i < COUNT; i++)
        code[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)permitted[i], (unsigned char)(COUNT - i), 0);
    code[COUNT + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    code[COUNT + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {COUNT + 3, code};
    need("no new rights", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    int installed = by_prctl ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0
                             : syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
    need("a filter", installed);
}

static void work(void)
{
    for (unsigned round = 0; round < 20; round++) {
        struct sparse heap = sparse_new(2000, 10, round);
        char *block = malloc(100000);
        for (size_t size = 200000; size < 8000000; size *= 2)
            block = realloc(block, size);
        free(block);
        need("whole blocks", sparse_painted(&heap, round));
        sparse_free(&heap);
    }
}

static int waiting_set;

static void wait_in_every_way(int milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    struct timeval same = {time.tv_sec, time.tv_nsec / 1000};
    struct epoll_event event;
    need("poll", poll(NULL, 0, milliseconds) == 0);
    need("ppoll", ppoll(NULL, 0, &time, NULL) == 0);
    need("select", select(0, NULL, NULL, NULL, &same) == 0);
    need("pselect", pselect(0, NULL, NULL, NULL, &time, NULL) == 0);
    need("nanosleep", nanosleep(&time, NULL) == 0);
    need("epoll_wait", epoll_wait(waiting_set, &event, 1, milliseconds) == 0);
}

static void *wait_long(void *unused)
{
    struct epoll_event event;
    need("a long wait", epoll_wait(waiting_set, &event, 1, 1500) == 0);
    return unused;
}

int main(int count, char **arguments)
{
    int by_prctl = count > 1 && strcmp(arguments[1], "prctl") == 0;
    struct sparse heap = sparse_new(20000, 10, 1);
    pthread_t thread;
    compact();
    waiting_set = epoll_create1(0);
    /* It waits when the filter comes, which holds for it as well unless it was for one thread. */
    need("a thread", pthread_create(&thread, NULL, wait_long, NULL) == 0);
    poll(NULL, 0, 50);
    shut_in(by_prctl);
    work();
    wait_in_every_way(30);
    work();
    need("an end", pthread_join(thread, NULL) == 0);
    check("blocks are whole", sparse_painted(&heap, 1));
    wait_in_every_way(600);
    return 0;
}
