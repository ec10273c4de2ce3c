/* Calls in which a program with one thread waits, over a heap that has something to mesh: signals, times, and data that come meanwhile. */
#define _GNU_SOURCE
#include "../check.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 1 << 16, LATER_US = 60000, MOST = 4 };

#include "fragment.h"

static int ends[2], pair[2], listener, queue;
static sem_t *semaphore;
static struct sockaddr_un name = {.sun_family = AF_UNIX};
static socklen_t name_size = sizeof name;
static volatile sig_atomic_t handled;
/* The same, for children to see. */
static volatile int *noticed;
static sigjmp_buf outside;

struct message {
    long kind;
    char byte;
};

static void handle(int number)
{
    (void)number;
    *noticed = ++handled;
}

static void jump(int number)
{
    (void)number;
    siglongjmp(outside, 1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Waits until a process sleeps. */
static void until_asleep(pid_t process)
{
    char path[64], state = 'R';
    int asleep = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    /* It may sleep for a moment before it comes to the call. */
    for (int look = 0; look < 50 && asleep < 4; look++) {
        FILE *file = fopen(path, "r");
        need("its state", file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1);
        fclose(file);
        asleep = state == 'S' ? asleep + 1 : 0;
        usleep(300);
    }
}

/* Ends the wait `call`. */
static void end_wait(const char *call)
{
    struct message message = {1, 'x'};
    if (strcmp(call, "read") == 0)
        need("a byte", write(ends[1], "x", 1) == 1);
    else if (strcmp(call, "recv") == 0)
        need("a byte", write(pair[1], "x", 1) == 1);
    else if (strcmp(call, "accept") == 0)
        need("a client", connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, name_size) == 0);
    else if (strncmp(call, "sem", 3) == 0)
        sem_post(semaphore);
    else if (strcmp(call, "msgrcv") == 0)
        need("a message", msgsnd(queue, &message, 1, 0) == 0);
}

/* Makes the call; true if it waited until what it waits for was there. */
static int done(const char *call, pid_t child)
{
    char byte = 0;
    struct message message = {0, 0};
    struct timespec end, far = {100, 0};
    static unsigned word;
    sigset_t set;
    sigemptyset(&set);
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 100;
    if (strcmp(call, "read") == 0)
        return read(ends[0], &byte, 1) == 1 && byte == 'x';
    if (strcmp(call, "recv") == 0)
        return recv(pair[0], &byte, 1, 0) == 1 && byte == 'x';
    if (strcmp(call, "accept") == 0) {
        int client = accept(listener, NULL, NULL);
        return client >= 0 && close(client) == 0;
    }
    if (strcmp(call, "sem_wait") == 0)
        return sem_wait(semaphore) == 0;
    if (strcmp(call, "sem_timedwait") == 0)
        return sem_timedwait(semaphore, &end) == 0;
    if (strcmp(call, "msgrcv") == 0)
        return msgrcv(queue, &message, 1, 0, 0) == 1 && message.byte == 'x';
    if (strcmp(call, "waitpid") == 0) {
        int status = 0;
        return waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7;
    }
    if (strcmp(call, "waitid") == 0) {
        siginfo_t info = {.si_pid = 0};
        return waitid(P_PID, (id_t)child, &info, WEXITED) == 0 && info.si_pid == child && info.si_status == 7;
    }
    if (strcmp(call, "pause") == 0)
        return pause() == 0;
    if (strcmp(call, "sigsuspend") == 0)
        return sigsuspend(&set) == 0;
    if (strcmp(call, "futex") == 0)
        return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &far, NULL, 0) == 0;
    sigaddset(&set, SIGUSR2);
    return sigtimedwait(&set, NULL, &far) == SIGUSR2;
}

static const char *const calls[] = {"read",   "recv",    "accept", "sem_wait", "sem_timedwait", "msgrcv",
                                    "waitpid", "waitid", "pause",  "sigsuspend", "sigtimedwait", "futex"};
enum { CALLS = sizeof calls / sizeof *calls };

static void expect_unblocked(void)
{
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int number = 1; number < 32; number++)
        if (sigismember(&blocked, number) != (number == SIGUSR2))
            check("nothing stays blocked", 0);
}

/* A child sends a signal after a while, and ends the wait after another one. */
static void signals(int flags, const char *kind)
{
    static const useconds_t delays[] = {3000, 9000, 25000, 90000, 230000};
    struct sigaction action = {.sa_handler = handle, .sa_flags = flags}, ignored = {.sa_handler = SIG_IGN};
    need("a handler", sigaction(SIGUSR1, flags < 0 ? &ignored : &action, NULL) == 0);
    for (int which = 0; which < CALLS; which++) {
        const char *call = calls[which];
        int dones = 0, interruptions = 0, others = 0, rests = 0;
        int ends_by_itself = strcmp(call, "pause") && strcmp(call, "sigsuspend") && strcmp(call, "futex");
        if (flags < 0 && !ends_by_itself)
            continue;
        *noticed = handled = 0;
        for (int round = 0; round < 5; round++) {
            pid_t parent = getpid();
            fragment();
            pid_t child = fork();
            need("fork", child >= 0);
            if (child == 0) {
                until_asleep(parent);
                usleep(delays[round]);
                int before = handled;
                kill(parent, SIGUSR1);
                /* On a busy machine the signal must not come together with what is waited for. */
                for (int look = 0; flags >= 0 && look < 5000 && *noticed == before; look++)
                    usleep(1000);
                usleep(50000);
                end_wait(call);
                if (strcmp(call, "sigtimedwait") == 0)
                    kill(parent, SIGUSR2);
                _exit(7);
            }
            int rest;
            if (done(call, child))
                dones++;
            else if (errno == EINTR)
                interruptions++;
            else
                others++;
            while ((rest = waitpid(child, NULL, 0)) < 0 && errno == EINTR) {
            }
            expect_unblocked();
            /* What the child sent has come, or comes now. */
            if (interruptions > 0 && ends_by_itself && strncmp(call, "wait", 4) != 0)
                rests += done(call, child);
        }
        printf("%s, %s: %d done, %d interrupted, %d others, %d rests, %d handled\n", call, kind, dones, interruptions, others, rests, (int)handled);
        fflush(stdout);
    }
}

/* Every kind of wait ends soon after what it waits for. */
static void delays(void)
{
    for (int which = 0; which < 8; which++) {
        const char *call = calls[which];
        int prompt = 0;
        for (int round = 0; round < 9; round++) {
            double *sent = mmap(NULL, sizeof *sent, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
            fragment();
            pid_t child = fork();
            if (child == 0) {
                usleep(1500 + 17000 * (useconds_t)round);
                *sent = now();
                end_wait(call);
                _exit(7);
            }
            need("it is done", done(call, child));
            prompt += now() - *sent < 0.025;
            munmap(sent, sizeof *sent);
            if (strncmp(call, "wait", 4) != 0)
                need("the child", waitpid(child, NULL, 0) == child);
        }
        printf("%s is prompt: ", call);
        check("most of the time", prompt >= 5);
    }
}

/* Within the time, and half of it more. */
static int lasts(double start, double time)
{
    double passed = now() - start;
    if (passed < time || passed > time * 1.5)
        fprintf(stderr, "%.3f s, not %.3f\n", passed, time);
    return passed >= time && passed <= time * 1.5;
}

static void times(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t usual = PTHREAD_COND_INITIALIZER;
    static pthread_cond_t steady;
    static unsigned word;
    pthread_condattr_t attributes;
    char byte;
    struct timespec end, span = {0, 700000000};
    struct timeval patience = {0, 700000}, none = {0, 0};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    for (int round = 0; round < 2; round++) {
        fragment();
        setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        double start = now();
        check("a socket gives up", recv(pair[0], &byte, 1, 0) == -1 && errno == EAGAIN && lasts(start, 0.7));
        setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
        fragment();
        start = now();
        clock_gettime(CLOCK_REALTIME, &end);
        end.tv_sec++;
        check("a semaphore", sem_timedwait(semaphore, &end) == -1 && errno == ETIMEDOUT && lasts(start, 1));
        fragment();
        start = now();
        check("a signal", sigtimedwait(&set, NULL, &span) == -1 && errno == EAGAIN && lasts(start, 0.7));
        fragment();
        start = now();
        check("a futex", syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &span, NULL, 0) == -1 && errno == ETIMEDOUT &&
                             lasts(start, 0.7));
        fragment();
        start = now();
        clock_gettime(CLOCK_REALTIME, &end);
        end.tv_sec++;
        pthread_mutex_lock(&mutex);
        check("a condition", pthread_cond_timedwait(&usual, &mutex, &end) == ETIMEDOUT && lasts(start, 1));
        fragment();
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&steady, &attributes);
        start = now();
        clock_gettime(CLOCK_MONOTONIC, &end);
        end.tv_sec++;
        check("a condition on the other clock", pthread_cond_timedwait(&steady, &mutex, &end) == ETIMEDOUT && lasts(start, 1));
        end.tv_sec -= 5;
        start = now();
        check("one whose time is over", pthread_cond_timedwait(&steady, &mutex, &end) == ETIMEDOUT &&
                                            pthread_cond_timedwait(&usual, &mutex, &end) == ETIMEDOUT && now() - start < 0.1);
        pthread_mutex_unlock(&mutex);
    }
}

/* Calls that do not wait. */
static void impatience(void)
{
    char byte;
    int slow[2], status;
    struct termios mode;
    need("a pipe", pipe2(slow, O_NONBLOCK) == 0);
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    need("a terminal", terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int other = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    need("its mode", other >= 0 && tcgetattr(other, &mode) == 0);
    cfmakeraw(&mode);
    mode.c_cc[VMIN] = mode.c_cc[VTIME] = 0;
    need("its mode", tcsetattr(other, TCSANOW, &mode) == 0);
    int right = 1;
    for (int round = 0; round < 20; round++) {
        fragment();
        double begin = now();
        right &= read(slow[0], &byte, 1) == -1 && errno == EAGAIN;
        right &= recv(pair[0], &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN;
        right &= read(other, &byte, 1) == 0;
        right &= read(ends[0], &byte, 0) == 0;
        right &= read(ends[1], &byte, 1) == -1 && errno == EBADF;
        right &= read(-1, &byte, 1) == -1 && errno == EBADF;
        right &= recv(ends[0], &byte, 1, 0) == -1 && errno == ENOTSOCK;
        right &= accept(pair[0], NULL, NULL) == -1 && errno == EINVAL;
        right &= recv(listener, &byte, 1, 0) == -1 && errno == EINVAL;
        right &= waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD;
        right &= waitpid(-1, &status, 0) == -1 && errno == ECHILD;
        right &= sem_trywait(semaphore) == -1 && errno == EAGAIN;
        right &= now() - begin < 0.1;
    }
    check("what does not wait does not", right);
    close(other);
    close(terminal);
}

/* Data that is there, or comes with the end. */
static void data(void)
{
    char bytes[8];
    int last[2];
    fragment();
    need("a pipe", pipe(last) == 0);
    need("bytes", write(last[1], "abc", 3) == 3);
    check("what is there", read(last[0], bytes, 2) == 2 && memcmp(bytes, "ab", 2) == 0);
    check("what is left", read(last[0], bytes, 8) == 1 && bytes[0] == 'c');
    pid_t child = fork();
    if (child == 0) {
        usleep(LATER_US);
        _exit(7);
    }
    close(last[1]);
    check("the end of a pipe", read(last[0], bytes, 8) == 0);
    need("the child", waitpid(child, NULL, 0) == child);
}

static void jumps(void)
{
    struct sigaction action = {.sa_handler = jump};
    need("a handler", sigaction(SIGUSR1, &action, NULL) == 0);
    for (int round = 0; round < 6; round++) {
        pid_t parent = getpid();
        fragment();
        pid_t child = fork();
        if (child == 0) {
            until_asleep(parent);
            usleep(2000 + 20000 * (useconds_t)round);
            kill(parent, SIGUSR1);
            _exit(7);
        }
        if (sigsetjmp(outside, 1) == 0) {
            (void)done(round % 2 ? "read" : "pause", child);
            check("a handler leaves the wait", 0);
        }
        expect_unblocked();
        while (waitpid(child, NULL, 0) < 0)
            need("the child", errno == EINTR);
    }
    fragment();
    check("handlers may leave the wait", 1);
}

/* A handler of SIGCHLD that takes every child finds none that somebody waits for. */
static void reap(int number)
{
    (void)number;
    int error = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        handled++;
    errno = error;
}

static void reaping(void)
{
    struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART}, usual = {.sa_handler = SIG_DFL};
    int right = 0;
    need("a handler", sigaction(SIGCHLD, &action, NULL) == 0);
    handled = 0;
    for (int round = 0; round < 6; round++) {
        fragment();
        pid_t child = fork();
        if (child == 0) {
            usleep(1000 + 23000 * (useconds_t)round);
            _exit(7);
        }
        right += done(round % 2 ? "waitpid" : "waitid", child);
    }
    sigaction(SIGCHLD, &usual, NULL);
    check("who waits for a child gets it", right == 6 && handled == 0);
}

static void note(void *unused)
{
    (void)unused;
    handled++;
}

static void *cancel(void *other)
{
    void *result;
    usleep(LATER_US);
    pthread_cancel((pthread_t)other);
    need("it ends", pthread_join((pthread_t)other, &result) == 0);
    check("the first thread is cancelled in its wait", result == PTHREAD_CANCELED && handled == 1);
    exit(0);
}

static void cancellation(void)
{
    pthread_t thread;
    char byte;
    fragment();
    handled = 0;
    need("a thread", pthread_create(&thread, NULL, cancel, (void *)pthread_self()) == 0);
    pthread_cleanup_push(note, NULL);
    (void)!read(ends[0], &byte, 1);
    pthread_cleanup_pop(0);
    check("never here", 0);
}

int main(int count, char **arguments)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    need("a topic", count == 2);
    need("files", pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    need("a listener", bind(listener, (struct sockaddr *)&name, sizeof(sa_family_t)) == 0 && listen(listener, 9) == 0 &&
                           getsockname(listener, (struct sockaddr *)&name, &name_size) == 0);
    queue = msgget(IPC_PRIVATE, 0600);
    need("a queue", queue >= 0);
    semaphore = mmap(NULL, sizeof *semaphore, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    need("a semaphore", semaphore != MAP_FAILED && sem_init(semaphore, 1, 0) == 0);
    noticed = mmap(NULL, sizeof *noticed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    need("a shared page", noticed != MAP_FAILED);
    if (strcmp(arguments[1], "ending") == 0)
        signals(0, "ending");
    else if (strcmp(arguments[1], "restarting") == 0)
        signals(SA_RESTART, "restarting");
    else if (strcmp(arguments[1], "ignored") == 0)
        signals(-1, "ignored");
    else if (strcmp(arguments[1], "delays") == 0)
        delays();
    else if (strcmp(arguments[1], "times") == 0)
        times();
    else if (strcmp(arguments[1], "cancellation") == 0) {
        msgctl(queue, IPC_RMID, NULL);
        cancellation();
    } else {
        impatience();
        data();
        jumps();
        reaping();
    }
    msgctl(queue, IPC_RMID, NULL);
    return 0;
}
