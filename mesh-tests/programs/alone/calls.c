/* Calls that a static program makes, other than those that the other programs make. */
#define _GNU_SOURCE
#include <aio.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "../check.h"

static void files(void)
{
    char text[100], path[4096], *line = NULL, *made = NULL;
    size_t room = 0;
    struct stat record, same;
    FILE *file = tmpfile();
    need("a file", file != NULL);
    fputs("first\nsecond, which is a little longer\nlast", file);
    rewind(file);
    check("getline", getline(&line, &room, file) == 6 && strcmp(line, "first\n") == 0
                         && getline(&line, &room, file) == 33 && getline(&line, &room, file) == 4
                         && strcmp(line, "last") == 0 && getline(&line, &room, file) == -1);
    rewind(file);
    check("fread", fread(text, 1, 5, file) == 5 && memcmp(text, "first", 5) == 0);
    check("pread", pread(fileno(file), text, 5, 0) == 5);
    check("fcntl", fcntl(fileno(file), F_GETFL) >= 0);
    fclose(file);
    check("stat", stat("/proc/self/exe", &record) == 0 && fstatat(AT_FDCWD, "/proc/self/exe", &same, 0) == 0
                      && record.st_ino == same.st_ino);
    check("a missing file", stat("/nonexistent", &record) == -1 && errno == ENOENT);
    check("asprintf", asprintf(&made, "%s %d %.1f", "text", 42, 1.5) == 11 && strcmp(made, "text 42 1.5") == 0);
    free(made);
    need("the root", chdir("/proc") == 0);
    check("getcwd", getcwd(path, sizeof path) && strcmp(path, "/proc") == 0);
    made = getcwd(NULL, 0);
    check("getcwd allocates", made && strcmp(made, "/proc") == 0);
    free(made);
    made = get_current_dir_name();
    check("get_current_dir_name", made && strcmp(made, "/proc") == 0);
    free(made);
    made = realpath("/proc/./self/..", NULL);
    check("realpath", made && strcmp(made, "/proc") == 0);
    free(made);
    check("realpath of nothing", realpath("/nonexistent", NULL) == NULL && errno == ENOENT);
    struct dirent **entries;
    int count = scandir("/proc/self", &entries, NULL, alphasort), sorted = count > 10;
    for (int i = 0; i + 1 < count; i++)
        sorted &= strcoll(entries[i]->d_name, entries[i + 1]->d_name) <= 0;
    check("scandir", sorted);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    free(line);
}

static void waits(void)
{
    int ends[2], pair[2];
    char byte = 0;
    fd_set set;
    struct timespec moment = {0, 1000000}, none = {0, 0};
    need("a pipe", pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct pollfd one = {ends[0], POLLIN, 0};
    check("poll in vain", poll(&one, 1, 5) == 0);
    check("ppoll in vain", ppoll(&one, 1, &moment, NULL) == 0 && moment.tv_nsec == 1000000);
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    struct timeval little = {0, 1000};
    check("select in vain", select(ends[0] + 1, &set, NULL, NULL, &little) == 0);
    FD_SET(ends[0], &set);
    check("pselect in vain", pselect(ends[0] + 1, &set, NULL, NULL, &none, NULL) == 0);
    need("a byte", write(ends[1], "x", 1) == 1 && write(pair[0], "yz", 2) == 2);
    check("poll", poll(&one, 1, -1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'x');
    check("recv", recv(pair[1], &byte, 1, MSG_PEEK) == 1 && byte == 'y' && recv(pair[1], &byte, 1, 0) == 1);
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    check("recvmsg", recvmsg(pair[1], &message, 0) == 1 && byte == 'z');
    int events = epoll_create1(0), counter = eventfd(3, 0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct epoll_event event = {EPOLLIN, {.u32 = 7}}, got;
    need("events", epoll_ctl(events, EPOLL_CTL_ADD, counter, &event) == 0);
    check("epoll_wait", epoll_wait(events, &got, 1, 100) == 1 && got.data.u32 == 7);
    check("epoll_pwait", epoll_pwait(events, &got, 1, 100, NULL) == 1);
    eventfd_t value = 0;
    check("eventfd_read", eventfd_read(counter, &value) == 0 && value == 3);
    struct itimerspec soon = {.it_value = {0, 1000}}, left;
    check("a timer", timerfd_settime(timer, 0, &soon, NULL) == 0 && timerfd_gettime(timer, &left) == 0);
    check("nanosleep", nanosleep(&moment, NULL) == 0);
    check("clock_nanosleep", clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL) == 0
                                 && clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &moment, NULL) == EINVAL);
    check("usleep", usleep(1000) == 0);
    struct timex clock = {0};
    check("adjtimex", adjtimex(&clock) >= 0);
}

static volatile sig_atomic_t came;

static void handler(int signal)
{
    came = signal;
}

static void signals(void)
{
    sigset_t set, old;
    int got = 0;
    struct timespec second = {1, 0};
    check("signal", signal(SIGUSR1, handler) == SIG_DFL && raise(SIGUSR1) == 0 && came == SIGUSR1);
    check("sigset", sigset(SIGUSR2, SIG_HOLD) != SIG_ERR && raise(SIGUSR2) == 0 && came == SIGUSR1);
    check("sigset again", sigset(SIGUSR2, handler) == SIG_HOLD && came == SIGUSR2);
    check("siginterrupt", siginterrupt(SIGUSR1, 1) == 0);
    sigemptyset(&set), sigaddset(&set, SIGUSR1);
    check("pthread_sigmask", pthread_sigmask(SIG_BLOCK, &set, &old) == 0 && !sigismember(&old, SIGUSR1));
    raise(SIGUSR1);
    check("sigpending", sigpending(&old) == 0 && sigismember(&old, SIGUSR1));
    check("sigtimedwait", sigtimedwait(&set, NULL, &second) == SIGUSR1);
    raise(SIGUSR1);
    check("sigwait", sigwait(&set, &got) == 0 && got == SIGUSR1);
    raise(SIGUSR1);
    sigfillset(&old), sigdelset(&old, SIGUSR1);
    check("sigsuspend", sigsuspend(&old) == -1 && errno == EINTR && came == SIGUSR1);
    check("a bad number", sigaction(32, NULL, NULL) == -1 && errno == EINVAL);
}

static pthread_mutex_t mutex;
static pthread_cond_t condition;
static pthread_rwlock_t lock;
static pthread_barrier_t barrier;
static sem_t semaphore;
static int ready;

static void *helper(void *unused)
{
    pthread_barrier_wait(&barrier);
    pthread_mutex_lock(&mutex);
    ready = 1;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    struct timespec moment = {0, 20000000};
    nanosleep(&moment, NULL);
    sem_post(&semaphore);
    return unused;
}

static int helper_of_c11(void *unused)
{
    (void)unused;
    return 42;
}

static void locks(void)
{
    struct timespec until, past = {1, 0};
    pthread_t thread;
    void *result = NULL;
    check("they are made", pthread_mutex_init(&mutex, NULL) == 0 && pthread_cond_init(&condition, NULL) == 0
                               && pthread_rwlock_init(&lock, NULL) == 0 && pthread_barrier_init(&barrier, NULL, 2) == 0
                               && sem_init(&semaphore, 0, 0) == 0);
    need("a thread", pthread_create(&thread, NULL, helper, &ready) == 0);
    pthread_barrier_wait(&barrier);
    pthread_mutex_lock(&mutex);
    while (!ready)
        pthread_cond_wait(&condition, &mutex);
    check("pthread_cond_timedwait", pthread_cond_timedwait(&condition, &mutex, &past) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
    check("sem_timedwait in vain", sem_timedwait(&semaphore, &past) == -1 && errno == ETIMEDOUT);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    check("sem_timedwait", sem_timedwait(&semaphore, &until) == 0);
    check("pthread_join", pthread_join(thread, &result) == 0 && result == &ready);
    sem_post(&semaphore);
    check("sem_wait", sem_wait(&semaphore) == 0);
    check("read and write", pthread_rwlock_rdlock(&lock) == 0 && pthread_rwlock_trywrlock(&lock) == EBUSY
                                && pthread_rwlock_unlock(&lock) == 0);
    thrd_t other;
    int number = 0;
    check("threads of C11", thrd_create(&other, helper_of_c11, NULL) == thrd_success
                                && thrd_join(other, &number) == thrd_success && number == 42);
    cnd_t told;
    mtx_t held;
    cnd_init(&told), mtx_init(&held, mtx_timed);
    mtx_lock(&held);
    check("cnd_timedwait", cnd_timedwait(&told, &held, &past) == thrd_timedout);
    mtx_unlock(&held);
    char name[16] = "";
    check("pthread_getname_np", pthread_getname_np(pthread_self(), name, sizeof name) == 0 && name[0]);
    cpu_set_t processors;
    check("sched_getaffinity", sched_getaffinity(0, sizeof processors, &processors) == 0 && CPU_COUNT(&processors) > 0);
}

static ucontext_t outer, inner;
static int arguments_seen, switches;

static void coroutine(int a, int b, int c, int d, int e, int f, int g, int h)
{
    arguments_seen = a == 1 && b == 2 && c == 3 && d == 4 && e == 5 && f == 6 && g == 7 && h == 8;
    for (int i = 0; i < 3; i++) {
        switches++;
        swapcontext(&inner, &outer);
    }
}

static void contexts(void)
{
    static char stack[1 << 16];
    volatile double kept = 1.25;
    getcontext(&inner);
    inner.uc_stack.ss_sp = stack;
    inner.uc_stack.ss_size = sizeof stack;
    inner.uc_link = &outer;
    makecontext(&inner, (void (*)(void))coroutine, 8, 1, 2, 3, 4, 5, 6, 7, 8);
    for (int i = 0; i < 4; i++)
        swapcontext(&outer, &inner);
    check("contexts", switches == 3 && arguments_seen && kept == 1.25);
}

extern char **environ;

static void processes(void)
{
    int status = -1;
    pid_t child;
    char *const words[] = {"true", NULL};
    check("posix_spawnp", posix_spawnp(&child, "true", NULL, NULL, words, environ) == 0
                              && waitpid(child, &status, 0) == child && status == 0);
    check("posix_spawn", posix_spawn(&child, "/nonexistent", NULL, NULL, words, environ) == ENOENT);
    check("system", system("exit 3") == 3 << 8);
    FILE *stream = popen("echo hello", "r");
    char text[20] = "";
    check("popen", stream && fgets(text, sizeof text, stream) && strcmp(text, "hello\n") == 0 && pclose(stream) == 0);
    child = fork();
    if (child == 0)
        _exit(getpid() == gettid() ? 5 : 6);
    struct rusage usage;
    check("wait4", wait4(child, &status, 0, &usage) == child && WEXITSTATUS(status) == 5);
    child = vfork();
    if (child == 0)
        _exit(7);
    siginfo_t information;
    check("waitid", waitid(P_PID, child, &information, WEXITED) == 0 && information.si_status == 7);
    check("no child left", wait(&status) == -1 && errno == ECHILD);
    check("who it is", setuid(getuid()) == 0 && setegid(getegid()) == 0);
}

static void others(void)
{
    unsigned char bytes[32] = {0}, more[32] = {0}, many[257];
    struct rlimit limit;
    check("getentropy", getentropy(bytes, sizeof bytes) == 0 && !zero(bytes, sizeof bytes)
                            && getentropy(many, sizeof many) == -1);
    check("getrandom", syscall(318, more, sizeof more, 0) == sizeof more);
    check("getrlimit", getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 0);
    int file = open("/proc/self/stat", O_RDONLY);
    struct aiocb control = {.aio_fildes = file, .aio_buf = more, .aio_nbytes = 4};
    const struct aiocb *list[] = {&control};
    check("aio_read", aio_read(&control) == 0 && aio_suspend(list, 1, NULL) == 0 && aio_return(&control) == 4);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check("mprotect", mprotect(page, 4096, PROT_READ) == 0 && madvise(page, 4096, MADV_DONTNEED) == 0);
    struct sockaddr_in name = {.sin_family = AF_INET}, own;
    socklen_t room = sizeof own;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    need("a socket", bind(listener, (struct sockaddr *)&name, sizeof name) == 0 && listen(listener, 1) == 0);
    check("getsockname", getsockname(listener, (struct sockaddr *)&own, &room) == 0 && own.sin_port != 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check("accept", connect(client, (struct sockaddr *)&own, sizeof own) == 0 && accept(listener, NULL, NULL) >= 0);
}

int main(void)
{
    files();
    waits();
    signals();
    locks();
    contexts();
    processes();
    others();
    return 0;
}
