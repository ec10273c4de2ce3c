/* The calls of the other files by `syscall`: a number in place of a name. */
#ifndef BY_NUMBER_H
#define BY_NUMBER_H

#include "blocks.h"
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define read(file, block, size) syscall(SYS_read, file, block, size)
#define pread(file, block, size, at) syscall(SYS_pread64, file, block, size, at)
#define readv(file, parts, count) syscall(SYS_readv, file, parts, count)
#define preadv(file, parts, count, at) syscall(SYS_preadv, file, parts, count, at, 0)
#define preadv2(file, parts, count, at, flags) syscall(SYS_preadv2, file, parts, count, at, 0, flags)
#define recv(file, block, size, flags) syscall(SYS_recvfrom, file, block, size, flags, NULL, NULL)
#define recvfrom(file, block, size, flags, address, length) \
    syscall(SYS_recvfrom, file, block, size, flags, address, length)
#define recvmsg(file, header, flags) syscall(SYS_recvmsg, file, header, flags)
#define recvmmsg(file, headers, count, flags, time) syscall(SYS_recvmmsg, file, headers, count, flags, time)
#define getrandom(block, size, flags) syscall(SYS_getrandom, block, size, flags)
#define getentropy(block, size) (syscall(SYS_getrandom, block, size, 0) != (size))
#define msgrcv(queue, message, size, kind, flags) syscall(SYS_msgrcv, queue, message, size, kind, flags)
#define sendfile(to, from, at, size) syscall(SYS_sendfile, to, from, at, size)
#define splice(from, at, to, there, size, flags) syscall(SYS_splice, from, at, to, there, size, flags)
#define eventfd_read(file, value) (syscall(SYS_read, file, value, 8) != 8)
#define getdents64(file, block, size) syscall(SYS_getdents64, file, block, size)
#define stat(path, block) syscall(SYS_stat, path, block)
#define lstat(path, block) syscall(SYS_lstat, path, block)
#define fstat(file, block) syscall(SYS_fstat, file, block)
#define fstatat(file, path, block, flags) syscall(SYS_newfstatat, file, path, block, flags)
#define statx(file, path, flags, mask, block) syscall(SYS_statx, file, path, flags, mask, block)
#define statfs(path, block) syscall(SYS_statfs, path, block)
#define fstatfs(file, block) syscall(SYS_fstatfs, file, block)
#define uname(block) syscall(SYS_uname, block)
#define getrusage(who, block) syscall(SYS_getrusage, who, block)
#define getrlimit(what, block) syscall(SYS_getrlimit, what, block)
#define prlimit(who, what, new, block) syscall(SYS_prlimit64, who, what, new, block)
#define sysinfo(block) syscall(SYS_sysinfo, block)
#define times(block) syscall(SYS_times, block)
#define getitimer(which, block) syscall(SYS_getitimer, which, block)
#define timerfd_gettime(file, block) syscall(SYS_timerfd_gettime, file, block)
#define clock_getres(clock, block) syscall(SYS_clock_getres, clock, block)
#define pthread_getaffinity_np(thread, size, block) (syscall(SYS_sched_getaffinity, 0, size, block) < 0)
#define sched_getaffinity(who, size, block) (syscall(SYS_sched_getaffinity, who, size, block) < 0)
#define sched_getparam(who, block) syscall(SYS_sched_getparam, who, block)
#define sigpending(block) syscall(SYS_rt_sigpending, block, 8)
#define pthread_sigmask(how, new, block) syscall(SYS_rt_sigprocmask, how, new, block, 8)
#define waitid(kind, who, block, flags) syscall(SYS_waitid, kind, who, block, flags, NULL)
#define ioctl(file, request, block) syscall(SYS_ioctl, file, request, block)
#define mincore(start, size, block) syscall(SYS_mincore, start, size, block)
#define getresuid(real, effective, saved) syscall(SYS_getresuid, real, effective, saved)
#define fcntl(file, command, block) syscall(SYS_fcntl, file, command, block)
#define pipe(block) syscall(SYS_pipe, block)
#define pipe2(block, flags) syscall(SYS_pipe2, block, flags)
#define socketpair(domain, kind, protocol, block) syscall(SYS_socketpair, domain, kind, protocol, block)
#define getcwd(block, size) \
    ((block) == NULL ? (getcwd)(block, size) : syscall(SYS_getcwd, block, size) > 0 ? (char *)(block) : NULL)
#define readlink(path, block, size) syscall(SYS_readlink, path, block, size)
#define readlinkat(file, path, block, size) syscall(SYS_readlinkat, file, path, block, size)
#define getsockname(file, block, length) syscall(SYS_getsockname, file, block, length)
#define getpeername(file, block, length) syscall(SYS_getpeername, file, block, length)
#define getsockopt(file, level, option, block, length) syscall(SYS_getsockopt, file, level, option, block, length)
#define accept(file, block, length) syscall(SYS_accept, file, block, length)
#define accept4(file, block, length, flags) syscall(SYS_accept4, file, block, length, flags)
#define epoll_wait(set, block, count, time) syscall(SYS_epoll_wait, set, block, count, time)
#define epoll_pwait(set, block, count, time, mask) syscall(SYS_epoll_pwait, set, block, count, time, mask, 8)
#define poll(block, count, time) syscall(SYS_poll, block, count, time)
#define ppoll(block, count, time, mask) syscall(SYS_ppoll, block, count, time, mask, 8)
#define select(count, readers, writers, others, time) syscall(SYS_select, count, readers, writers, others, time)
#define pselect(count, readers, writers, others, time, mask) \
    syscall(SYS_pselect6, count, readers, writers, others, time, mask)

#endif
