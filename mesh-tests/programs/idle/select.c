/* What select() and pselect() return and leave behind, over a heap that has something to mesh. */
#define _GNU_SOURCE
#include "../sparse.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { LONG_S = 30, PAUSE_US = 60000, MANY = 4096 };

static int calm[2], talk[2];
static volatile sig_atomic_t caught;

static void handle(int number)
{
    (void)number;
    caught++;
}

/* Sets in each kind of memory. */
static fd_set in_data[3];
static fd_set *in_heap;

static void fill(fd_set *sets)
{
    for (int i = 0; i < 3; i++) {
        FD_ZERO(&sets[i]);
        FD_SET(calm[0], &sets[i]);
        FD_SET(talk[0], &sets[i]);
    }
    FD_CLR(talk[0], &sets[1]);
    FD_CLR(calm[0], &sets[1]);
}

static int are_filled(const fd_set *sets)
{
    fd_set filled[3];
    fill(filled);
    return memcmp(filled, sets, sizeof filled) == 0;
}

static int only(const fd_set *sets, int file)
{
    fd_set expected[3];
    memset(expected, 0, sizeof expected);
    if (file >= 0)
        FD_SET(file, &expected[0]);
    return memcmp(expected, sets, sizeof expected) == 0;
}

static int top(void)
{
    return (calm[0] > talk[0] ? calm[0] : talk[0]) + 1;
}

static long microseconds(const struct timeval *time)
{
    return time->tv_sec * 1000000L + time->tv_usec;
}

static void *speak_later(void *unused)
{
    (void)unused;
    usleep(PAUSE_US);
    need("a byte", write(talk[1], "x", 1) == 1);
    return NULL;
}

static void hear(void)
{
    char byte;
    need("the byte", read(talk[0], &byte, 1) == 1);
}

static void ready_in_the_wait(const char *name, fd_set *sets, struct timeval *time)
{
    pthread_t speaker;
    long asked = time ? microseconds(time) : 0;
    fill(sets);
    need("a thread", pthread_create(&speaker, NULL, speak_later, NULL) == 0);
    int got = select(top(), &sets[0], &sets[1], &sets[2], time);
    check(name, got == 1 && only(sets, talk[0]));
    if (time)
        check("less time is left, but some", microseconds(time) > 0 && microseconds(time) < asked);
    pthread_join(speaker, NULL);
    hear();
}

static void readiness(void)
{
    fd_set on_stack[3];
    static struct timeval time = {LONG_S, 1999999};
    struct timeval *far = malloc(sizeof *far);
    need("memory", far != NULL);
    *far = (struct timeval){LONG_S, 0};
    ready_in_the_wait("without end, on the stack", on_stack, NULL);
    ready_in_the_wait("with an end, static sets", in_data, &time);
    ready_in_the_wait("with an end, sets in the heap", in_heap, far);
    free(far);

    fd_set both[2];
    int pair[2];
    need("sockets", socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && write(pair[1], "x", 1) == 1);
    for (int i = 0; i < 2; i++) {
        FD_ZERO(&both[i]);
        FD_SET(pair[0], &both[i]);
    }
    check("a file in two sets counts twice", select(pair[0] + 1, &both[0], &both[1], NULL, NULL) == 2);
    close(pair[0]);
    close(pair[1]);
}

static void ends(void)
{
    fd_set sets[3];
    struct timeval time = {0, 700000};
    struct timespec precise = {0, 600000001};
    struct timespec before, after;
    fill(sets);
    clock_gettime(CLOCK_MONOTONIC, &before);
    check("nothing happens", select(top(), &sets[0], &sets[1], &sets[2], &time) == 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long passed = (after.tv_sec - before.tv_sec) * 1000000L + (after.tv_nsec - before.tv_nsec) / 1000;
    check("not before the time", passed >= 700000);
    check("the sets are empty and the time is used up", only(sets, -1) && microseconds(&time) == 0);
    fill(in_data);
    check("nothing happens in pselect", pselect(top(), &in_data[0], &in_data[1], &in_data[2], &precise, NULL) == 0);
    check("the sets are empty, and the time stays", only(in_data, -1) && precise.tv_nsec == 600000001);
    fill(sets);
    time = (struct timeval){0, 0};
    check("no time at all", select(top(), &sets[0], &sets[1], &sets[2], &time) == 0 && only(sets, -1));
}

static void interruptions(void)
{
    fd_set sets[3];
    struct timeval time = {LONG_S, 0};
    struct itimerval alarm = {.it_value = {0, PAUSE_US}};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    need("handlers", sigaction(SIGALRM, &action, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    fill(sets);
    setitimer(ITIMER_REAL, &alarm, NULL);
    int got = select(top(), &sets[0], &sets[1], &sets[2], &time);
    check("a signal ends it", got == -1 && errno == EINTR && caught == 1 && are_filled(sets));
    check("some time is left", microseconds(&time) > 0 && microseconds(&time) < LONG_S * 1000000L);

    sigset_t blocked, none;
    struct timespec long_time = {LONG_S, 0};
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    raise(SIGUSR1);
    got = pselect(top(), &sets[0], &sets[1], &sets[2], &long_time, &none);
    check("a signal that was let in ends it", got == -1 && errno == EINTR && caught == 2 && are_filled(sets));
    sigaddset(&blocked, SIGALRM);
    setitimer(ITIMER_REAL, &alarm, NULL);
    long_time = (struct timespec){0, 600000000};
    got = pselect(top(), &sets[0], &sets[1], &sets[2], &long_time, &blocked);
    check("a signal that is kept out does not", got == 0 && caught == 3);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void errors(void)
{
    fd_set sets[3], *bad = (fd_set *)mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct timeval time = {LONG_S, 0}, negative = {-1, 0}, less = {0, -1};
    struct timespec wrong = {0, 1000000000};
    need("a page", bad != MAP_FAILED);
    fill(sets);
    int gone = dup(calm[0]);
    FD_SET(gone, &sets[0]);
    close(gone);
    check("a closed file", select(gone + 1, &sets[0], NULL, NULL, &time) == -1 && errno == EBADF && FD_ISSET(gone, &sets[0]));
    fill(sets);
    check("no memory", select(top(), &sets[0], bad, NULL, NULL) == -1 && errno == EFAULT && are_filled(sets));
    check("nothing there", select(top(), (fd_set *)8, NULL, NULL, &time) == -1 && errno == EFAULT);
    check("no memory in pselect", pselect(top(), NULL, NULL, bad, NULL, NULL) == -1 && errno == EFAULT);
    check("negative seconds", select(top(), &sets[0], NULL, NULL, &negative) == -1 && errno == EINVAL);
    check("negative microseconds", select(top(), &sets[0], NULL, NULL, &less) == -1 && errno == EINVAL);
    check("too many nanoseconds", pselect(top(), &sets[0], NULL, NULL, &wrong, NULL) == -1 && errno == EINVAL);
    check("a negative count", select(-1, &sets[0], NULL, NULL, &time) == -1 && errno == EINVAL);
    munmap(bad, 4096);
}

/* The kernel looks at no more files than there could be: a small set will do for a large count. */
static void small_set(void)
{
    unsigned char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need("pages", pages != MAP_FAILED && mprotect(pages + 4096, 4096, PROT_NONE) == 0);
    struct timeval time = {0, 0}, longer = {0, 600000};
    unsigned long *set = (unsigned long *)(pages + 4096), *none = set - FD_SETSIZE / 64;
    int got = -1;
    while (got != 0 && set > none) {
        set--;
        *set = 0;
        got = select(FD_SETSIZE, (fd_set *)set, NULL, NULL, &time);
    }
    need("the smallest set", got == 0);
    *set = 1ul << calm[0];
    check("a small set", select(FD_SETSIZE, (fd_set *)set, NULL, NULL, &longer) == 0 && *set == 0);
    munmap(pages, 8192);
}

static void large_set(void)
{
    struct rlimit limit;
    unsigned long set[MANY / 64] = {0};
    struct timeval time = {LONG_S, 0};
    pthread_t speaker;
    int file = MANY - 7;
    need("limits", getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < MANY)
        limit.rlim_cur = MANY;
    need("many files", setrlimit(RLIMIT_NOFILE, &limit) == 0 && dup2(talk[0], file) == file);
    set[file / 64] = 1ul << file % 64;
    need("a thread", pthread_create(&speaker, NULL, speak_later, NULL) == 0);
    check("a large set", select(file + 1, (fd_set *)set, NULL, NULL, &time) == 1);
    check("its bit", set[file / 64] == 1ul << file % 64 && set[0] == 0 && microseconds(&time) < LONG_S * 1000000L);
    pthread_join(speaker, NULL);
    hear();
}

int main(void)
{
    struct sparse heap = sparse_new(4000, 10, 1);
    in_heap = malloc(3 * sizeof(fd_set));
    need("pipes", in_heap && pipe(calm) == 0 && pipe(talk) == 0);
    small_set();
    readiness();
    ends();
    interruptions();
    errors();
    large_set();
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
    free(in_heap);
    return 0;
}
