/* A program with one thread frees most of what it has and then waits, in the way that the argument names. Its child looks at its memory, and
   ends the wait when it has come down, or after four seconds. */
#define _GNU_SOURCE
#include "../check.h"
#include "../physical.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 1 << 18, SIZE = 128, IN = 5, LOOKS = 200, LOOK_US = 20000, LIMIT_S = 5 };

static int start[2], ends[2], pair[2], listener, queue, set;
static mqd_t posix_queue;
static sem_t *semaphore;
static struct sockaddr_un name = {.sun_family = AF_UNIX};
static socklen_t name_size = sizeof name;
static volatile sig_atomic_t handled;
static unsigned char *blocks[BLOCKS];

struct message {
    long kind;
    char byte;
};

static void handle(int number)
{
    (void)number;
    handled++;
}

/* How often the process has gone to sleep. */
static long switches(pid_t process)
{
    char path[64], line[256];
    long count = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *file = fopen(path, "r");
    need("status", file != NULL);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "voluntary_ctxt_switches: %ld", &count) == 1)
            break;
    fclose(file);
    return count;
}

/* Ends every kind of wait. */
static int watch(pid_t parent, const char *how)
{
    struct message message = {1, 'x'};
    long full = BLOCKS / 1024 * SIZE, now = full;
    for (int look = 0; look < LOOKS && now > full / 2; look++) {
        usleep(LOOK_US);
        now = physical(parent);
    }
    fprintf(stderr, "%s: %ld of %ld KiB\n", how, now, full);
    long woken = 9;
    for (int look = 0; look < (getenv("MESH_PERIOD_MS") ? 1 : 20) && woken > 0; look++) {
        long before = switches(parent);
        usleep(700000);
        woken = switches(parent) - before;
        fprintf(stderr, "woken %ld times\n", woken);
    }
    need("a byte", write(ends[1], "x", 1) == 1 && write(pair[1], "x", 1) == 1);
    if (strcmp(how, "accept") == 0) {
        int client = socket(AF_UNIX, SOCK_STREAM, 0);
        need("a connection", connect(client, (struct sockaddr *)&name, name_size) == 0);
    }
    if (queue >= 0)
        msgsnd(queue, &message, 1, 0);
    if (posix_queue >= 0)
        mq_send(posix_queue, "x", 1, 0);
    sem_post(semaphore);
    if (strncmp(how, "sig", 3) == 0 || strcmp(how, "pause") == 0)
        kill(parent, SIGUSR1);
    return now > full / 2 ? 1 : woken > 0 ? 2 : 0;
}

static struct timespec from_now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_sec += LIMIT_S;
    return time;
}

/* Whether the wait has ended as it should. */
static int wait_for_it(const char *how, pid_t child, int *status)
{
    char bytes[2];
    struct iovec part = {bytes, 2};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    struct mmsghdr headers = {.msg_hdr = header};
    struct message message;
    struct epoll_event event;
    struct timespec limit = {LIMIT_S, 0}, end = from_now(CLOCK_REALTIME), far = {30, 0};
    struct pollfd file = {ends[0], POLLIN, 0};
    sigset_t none, one, before;
    siginfo_t info;
    int got;
    sigemptyset(&none);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    if (strcmp(how, "read") == 0)
        return read(ends[0], bytes, 2) == 1;
    if (strcmp(how, "readv") == 0)
        return readv(ends[0], &part, 1) == 1;
    if (strcmp(how, "syscall") == 0)
        return syscall(SYS_read, ends[0], bytes, 2) == 1;
    if (strcmp(how, "recv") == 0)
        return recv(pair[0], bytes, 2, 0) == 1;
    if (strcmp(how, "recvfrom") == 0)
        return recvfrom(pair[0], bytes, 2, 0, NULL, NULL) == 1;
    if (strcmp(how, "recvmsg") == 0)
        return recvmsg(pair[0], &header, 0) == 1;
    if (strcmp(how, "recvmmsg") == 0)
        return recvmmsg(pair[0], &headers, 1, 0, NULL) == 1 && headers.msg_len == 1;
    if (strcmp(how, "accept") == 0)
        return accept(listener, NULL, NULL) >= 0;
    if (strcmp(how, "msgrcv") == 0)
        return msgrcv(queue, &message, 1, 0, 0) == 1 && message.byte == 'x';
    if (strcmp(how, "mq_receive") == 0)
        return mq_receive(posix_queue, bytes, 2, NULL) == 1;
    if (strcmp(how, "sem_wait") == 0)
        return sem_wait(semaphore) == 0;
    if (strcmp(how, "sem_timedwait") == 0)
        return sem_timedwait(semaphore, (end.tv_sec += 30, &end)) == 0;
    if (strcmp(how, "epoll_pwait2") == 0)
        return epoll_pwait2(set, &event, 1, &far, NULL) == 1;
    if (strcmp(how, "poll_chk") == 0) {
        extern int __poll_chk(struct pollfd *, nfds_t, int, size_t);
        return __poll_chk(&file, 1, -1, sizeof file) == 1;
    }
    if (strcmp(how, "poll") == 0)
        return poll(&file, 1, -1) == 1;
    if (strcmp(how, "sleep") == 0)
        return sleep(LIMIT_S) == 0;
    if (strcmp(how, "waitpid") == 0)
        return waitpid(child, status, 0) == child;
    if (strcmp(how, "wait4") == 0)
        return wait4(-1, status, 0, NULL) == child;
    if (strcmp(how, "waitid") == 0) {
        got = waitid(P_PID, (id_t)child, &info, WEXITED);
        *status = info.si_status << 8;
        return got == 0 && info.si_pid == child && info.si_code == CLD_EXITED;
    }
    if (strcmp(how, "pause") == 0)
        return pause() == -1 && errno == EINTR && handled == 1;
    if (strcmp(how, "futex") == 0) {
        static unsigned word;
        got = (int)syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0);
        return got == -1 && errno == ETIMEDOUT;
    }
    if (strcmp(how, "condition") == 0) {
        static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
        static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
        pthread_mutex_lock(&mutex);
        got = pthread_cond_timedwait(&condition, &mutex, &end);
        return got == ETIMEDOUT && pthread_mutex_unlock(&mutex) == 0;
    }
    sigprocmask(SIG_BLOCK, &one, &before);
    if (strcmp(how, "sigsuspend") == 0)
        got = sigsuspend(&none) == -1 && errno == EINTR && handled == 1;
    else if (strcmp(how, "sigwait") == 0)
        got = sigwait(&one, &got) == 0 && handled == 0;
    else if (strcmp(how, "sigwaitinfo") == 0)
        got = sigwaitinfo(&one, &info) == SIGUSR1 && info.si_pid == child && handled == 0;
    else
        got = sigtimedwait(&one, &info, &far) == SIGUSR1 && handled == 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return got;
}

int main(int count, char **arguments)
{
    struct sigaction action = {.sa_handler = handle};
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 2};
    struct epoll_event event = {.events = EPOLLIN};
    char path[64];
    unsigned state = 1;
    int status = -1, all = 1;
    need("a way", count == 2);
    const char *how = arguments[1];
    need("files", pipe(start) == 0 && pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    need("a listener", bind(listener, (struct sockaddr *)&name, sizeof(sa_family_t)) == 0 && listen(listener, 1) == 0 &&
                           getsockname(listener, (struct sockaddr *)&name, &name_size) == 0);
    queue = strcmp(how, "msgrcv") == 0 ? msgget(IPC_PRIVATE, 0600) : -1;
    snprintf(path, sizeof path, "/mesh-%d", (int)getpid());
    posix_queue = strcmp(how, "mq_receive") == 0 ? mq_open(path, O_RDWR | O_CREAT, 0600, &attributes) : -1;
    mq_unlink(path);
    semaphore = mmap(NULL, sizeof *semaphore, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    need("a semaphore", semaphore != MAP_FAILED && sem_init(semaphore, 1, 0) == 0);
    set = epoll_create1(0);
    need("a set", epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event) == 0);
    need("a handler", sigaction(SIGUSR1, &action, NULL) == 0);

    /* Before there is much to share. */
    pid_t parent = getpid(), child = fork();
    need("fork", child >= 0);
    if (child == 0) {
        char byte;
        need("a start", read(start[0], &byte, 1) == 1);
        _exit(watch(parent, how));
    }
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
        need("memory", blocks[i] != NULL);
        paint(blocks[i], SIZE, (unsigned)i);
    }
    for (int i = 0; i < BLOCKS; i++)
        if (next_random(&state) % IN != 0) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
    need("the child starts", write(start[1], "x", 1) == 1);
    check("the wait ends as it should", wait_for_it(how, child, &status));
    for (int i = 0; i < BLOCKS; i++)
        all &= blocks[i] == NULL || painted(blocks[i], SIZE, (unsigned)i);
    check("what stayed is as it was", all);
    if (status == -1)
        need("the child ends", waitpid(child, &status, 0) == child);
    check("half of the memory came back meanwhile", status == 0 || status == 2 << 8);
    /* Where a little is worth a cycle, there is always one to begin. */
    if (getenv("MESH_PERIOD_MS") == NULL)
        check("then the program was left alone", status == 0);
    if (queue >= 0)
        msgctl(queue, IPC_RMID, NULL);
    return 0;
}
