/* Calls that fill in a record. */
#include "blocks.h"
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A call that succeeds with zero and writes to a new block of `size` bytes. */
#define FILLS(name, size, expression)                                              \
    static int call_##name(struct blocks *blocks, struct things *things)          \
    {                                                                              \
        void *block = block_of(blocks, size);                                      \
        (void)things;                                                              \
        return (expression) == 0 && touched(block, size);                          \
    }

FILLS(stat, sizeof(struct stat), stat(".", block))
FILLS(lstat, sizeof(struct stat), lstat(".", block))
FILLS(fstat, sizeof(struct stat), fstat(things->file, block))
FILLS(fstatat, sizeof(struct stat), fstatat(AT_FDCWD, ".", block, 0))
FILLS(statx, sizeof(struct statx), statx(AT_FDCWD, ".", 0, STATX_BASIC_STATS, block))
FILLS(statfs, sizeof(struct statfs), statfs(".", block))
FILLS(fstatfs, sizeof(struct statfs), fstatfs(things->file, block))
FILLS(uname, sizeof(struct utsname), uname(block))
FILLS(getrusage, sizeof(struct rusage), getrusage(RUSAGE_SELF, block))
FILLS(getrlimit, sizeof(struct rlimit), getrlimit(RLIMIT_NOFILE, block))
FILLS(prlimit, sizeof(struct rlimit), prlimit(0, RLIMIT_CORE, NULL, block))
FILLS(sysinfo, sizeof(struct sysinfo), sysinfo(block))
FILLS(times, sizeof(struct tms), times(block) == (clock_t)-1)
FILLS(getitimer, sizeof(struct itimerval), getitimer(ITIMER_VIRTUAL, block))
FILLS(timerfd, sizeof(struct itimerspec), timerfd_gettime(things->timer, block))
FILLS(getres, sizeof(struct timespec), clock_getres(CLOCK_THREAD_CPUTIME_ID, block))
FILLS(affinity, sizeof(cpu_set_t), pthread_getaffinity_np(pthread_self(), sizeof(cpu_set_t), block))
FILLS(getaffinity, sizeof(cpu_set_t), sched_getaffinity(0, sizeof(cpu_set_t), block))
FILLS(getparam, sizeof(struct sched_param), sched_getparam(0, block))
FILLS(sigpending, sizeof(sigset_t), sigpending(block))
FILLS(sigmask, sizeof(sigset_t), pthread_sigmask(SIG_BLOCK, NULL, block))
FILLS(waitid, sizeof(siginfo_t), waitid(P_PID, (id_t)things->child, block, WEXITED | WNOHANG))
FILLS(ioctl, sizeof(int), ioctl(things->pipe[0], FIONREAD, block))
FILLS(mincore, 1, mincore((void *)((uintptr_t)&call_ioctl & ~4095ul), 1, block))
FILLS(resuid, 4, getresuid(block, block, block))
FILLS(getlk, sizeof(struct flock), (*(struct flock *)block = (struct flock){.l_type = F_WRLCK, .l_pid = 9},
                                    fcntl(things->file, F_GETLK, block)))

static int call_pipe(struct blocks *blocks, struct things *things)
{
    int *ends = (int *)block_of(blocks, 2 * sizeof(int));
    (void)things;
    if (pipe(ends) || close(ends[0]) || close(ends[1]))
        return 0;
    if (pipe2(ends, O_CLOEXEC) || close(ends[0]) || close(ends[1]))
        return 0;
    return !socketpair(AF_UNIX, SOCK_STREAM, 0, ends) && !close(ends[0]) && !close(ends[1]);
}

static int call_getcwd(struct blocks *blocks, struct things *things)
{
    char *block = (char *)block_of(blocks, 500), *own = getcwd(NULL, 400);
    (void)things;
    int good = getcwd(block, 500) == block && own != NULL && strcmp(block, own) == 0;
    free(own);
    return good;
}

static int call_readlink(struct blocks *blocks, struct things *things)
{
    char *block = (char *)block_of(blocks, 200);
    (void)things;
    return readlink("/proc/self/fd/1", block, 200) > 0 && touched((unsigned char *)block, 8)
        && readlinkat(AT_FDCWD, "/proc/self/cwd", block, 200) > 0 && block[0] == '/';
}

static int call_socket_names(struct blocks *blocks, struct things *things)
{
    struct sockaddr *address = (struct sockaddr *)block_of(blocks, sizeof(struct sockaddr_un));
    socklen_t *length = (socklen_t *)block_of(blocks, sizeof *length);
    int *value = (int *)block_of(blocks, sizeof *value);
    *length = sizeof(struct sockaddr_un);
    int good = getsockname(things->listener, address, length) == 0 && address->sa_family == AF_UNIX;
    *length = sizeof *value;
    good &= getsockopt(things->listener, SOL_SOCKET, SO_TYPE, value, length) == 0 && *value == SOCK_STREAM;
    *length = sizeof(struct sockaddr_un);
    address->sa_family = 0;
    return good && getpeername(things->stream[0], address, length) == 0 && address->sa_family == AF_UNIX;
}

static int call_accept(struct blocks *blocks, struct things *things)
{
    struct sockaddr *address = (struct sockaddr *)block_of(blocks, sizeof(struct sockaddr_un));
    socklen_t *length = (socklen_t *)block_of(blocks, sizeof *length), room = sizeof(struct sockaddr_un);
    struct sockaddr_un name;
    int one = socket(AF_UNIX, SOCK_STREAM, 0), other, good;
    *length = room;
    good = getsockname(things->listener, (struct sockaddr *)&name, &room) == 0
        && connect(one, (struct sockaddr *)&name, room) == 0;
    other = things->number++ % 2 ? accept(things->listener, address, length)
                                 : accept4(things->listener, address, length, SOCK_CLOEXEC);
    good &= other >= 0 && *length >= 2 && *length < sizeof(struct sockaddr_un) && address->sa_family == AF_UNIX;
    close(one);
    close(other);
    return good;
}

/* An ioctl whose argument has the address of what it writes to. */
static int call_ioctl_that_leads_on(struct blocks *blocks, struct things *things)
{
    struct ifreq *list = (struct ifreq *)block_of(blocks, 4 * sizeof *list);
    struct ifconf *on_heap = (struct ifconf *)block_of(blocks, sizeof *on_heap), on_stack;
    struct ifconf *argument = things->number++ % 2 ? on_heap : &on_stack;
    int file = socket(AF_INET, SOCK_DGRAM, 0);
    *argument = (struct ifconf){.ifc_len = 4 * sizeof *list, .ifc_req = list};
    int good = file < 0 || ioctl(file, SIOCGIFCONF, argument) == 0;
    close(file);
    return good;
}

#define ENTRY(name) {#name, call_##name}
const struct call record_calls[] = {
    ENTRY(stat), ENTRY(lstat), ENTRY(fstat), ENTRY(fstatat), ENTRY(statx), ENTRY(statfs), ENTRY(fstatfs),
    ENTRY(uname), ENTRY(getrusage), ENTRY(getrlimit), ENTRY(prlimit), ENTRY(sysinfo), ENTRY(times),
    ENTRY(getitimer), ENTRY(timerfd), ENTRY(getres), ENTRY(affinity), ENTRY(getaffinity), ENTRY(getparam),
    ENTRY(sigpending), ENTRY(sigmask), ENTRY(waitid), ENTRY(ioctl), ENTRY(mincore), ENTRY(resuid),
    ENTRY(getlk), ENTRY(pipe), ENTRY(getcwd), ENTRY(readlink), ENTRY(socket_names), ENTRY(accept),
    ENTRY(ioctl_that_leads_on),
    {NULL, NULL},
};
