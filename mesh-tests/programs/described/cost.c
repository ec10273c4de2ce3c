/* What it takes to make a call whose descriptions lie in memory that is neither stack nor heap, against the C library's own
   function, which is found behind the library: "cost" and a percentage for each call. Under a filter that knows nothing but what
   such a program needs. */
#define _GNU_SOURCE
#include "../check.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { COUNT = 64, ROUNDS = 300 };

struct described {
    struct mmsghdr messages[COUNT];
    struct iovec parts[COUNT];
    char bytes[COUNT][64];
};

static struct described fixed;
static int ends[2], zeros;

typedef ssize_t receive(int, struct msghdr *, int);
typedef int receive_many(int, struct mmsghdr *, unsigned, int, struct timespec *);
typedef ssize_t read_parts(int, const struct iovec *, int);

static void *own(const char *name)
{
    static void *library;
    library = library ? library : dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void *function = library ? dlsym(library, name) : NULL;
    need(name, function != NULL);
    return function;
}

static double spent(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void set_up(struct described *at)
{
    memset(at, 0, sizeof *at);
    for (int i = 0; i < COUNT; i++) {
        at->parts[i] = (struct iovec){at->bytes[i], sizeof at->bytes[i]};
        at->messages[i].msg_hdr.msg_iov = &at->parts[i];
        at->messages[i].msg_hdr.msg_iovlen = 1;
    }
}

static void compare(const char *name, struct described *at)
{
    receive *const messages[] = {recvmsg, (receive *)own("recvmsg")};
    receive_many *const many[] = {recvmmsg, (receive_many *)own("recvmmsg")};
    read_parts *const parts[] = {readv, (read_parts *)own("readv")};
    double best[3][2] = {{1e18, 1e18}, {1e18, 1e18}, {1e18, 1e18}};
    int whole = 1;
    for (int round = 0; round < 2 * ROUNDS; round++) {
        int who = round & 1;
        for (int call = 0; call < 3; call++) {
            for (int i = 0; i < COUNT && call < 2; i++)
                need("a datagram", send(ends[1], "0123", 4, 0) == 4);
            double time = spent();
            if (call == 0)
                for (int i = 0; i < COUNT; i++)
                    whole &= messages[who](ends[0], &at->messages[i].msg_hdr, MSG_DONTWAIT) == 4;
            else if (call == 1)
                whole &= many[who](ends[0], at->messages, COUNT, MSG_DONTWAIT, NULL) == COUNT;
            else
                for (int i = 0; i < 8; i++)
                    whole &= parts[who](zeros, at->parts, COUNT) == COUNT * 64;
            time = spent() - time;
            best[call][who] = time < best[call][who] ? time : best[call][who];
        }
    }
    static const char *const calls[] = {"recvmsg", "recvmmsg", "readv"};
    for (int call = 0; call < 3; call++)
        fprintf(stderr, "cost %.0f %s %s\n", 100 * best[call][0] / best[call][1], calls[call], name);
    check(name, whole);
}

/* Ends the process for every other call. */
static void confine(void)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#define ALLOWED(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
        ALLOWED(SYS_recvmsg), ALLOWED(SYS_recvmmsg), ALLOWED(SYS_readv), ALLOWED(SYS_sendto), ALLOWED(SYS_write),
        ALLOWED(SYS_clock_gettime), ALLOWED(SYS_exit_group), ALLOWED(SYS_newfstatat), ALLOWED(SYS_fstat),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog filter = {sizeof program / sizeof *program, program};
    need("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    need("a filter", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0);
}

int main(void)
{
    struct described *mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need("memory", mapped != MAP_FAILED);
    need("sockets", socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == 0);
    need("zeros", (zeros = open("/dev/zero", O_RDONLY)) >= 0);
    int room = 1 << 20;
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    set_up(&fixed);
    set_up(mapped);
    compare("static", &fixed);
    compare("mapped", mapped);
    set_up(mapped);
    confine();
    compare("mapped, under a filter", mapped);
    return 0;
}
