/* Handlers that end a wait, and clean-up of threads that are cancelled in one: whatever is done in a wait beside the waiting, they find
   the mask of their thread. */
#include "cases.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <ucontext.h>

enum { ROUNDS = 25, WAIT_MS = 500 };

static struct sparse busy;
static volatile sig_atomic_t runs, strange, to_block;
static int set_of_events;

/* The thread's own mask: SIGUSR2 and nothing else. */
static int is_own(const sigset_t *set)
{
    int own = 1;
    for (int signal = 1; signal < 32; signal++)
        own &= sigismember(set, signal) == (signal == SIGUSR2);
    return own;
}

static void look(int signal, siginfo_t *info, void *context)
{
    ucontext_t *interrupted = context;
    (void)signal;
    (void)info;
    runs++;
    strange += !is_own(&interrupted->uc_sigmask);
    if (to_block)
        sigaddset(&interrupted->uc_sigmask, SIGUSR1);
}

static void block_usr2(void)
{
    sigset_t own;
    sigemptyset(&own);
    sigaddset(&own, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &own, NULL);
}

static int by_poll(void)
{
    return poll(NULL, 0, WAIT_MS);
}

static int by_ppoll(void)
{
    struct timespec time = {0, WAIT_MS * 1000000};
    return ppoll(NULL, 0, &time, NULL);
}

static int by_epoll_wait(void)
{
    struct epoll_event event;
    return epoll_wait(set_of_events, &event, 1, WAIT_MS);
}

static int by_select(void)
{
    struct timeval time = {0, WAIT_MS * 1000};
    fd_set files;
    FD_ZERO(&files);
    return select(1, &files, NULL, NULL, &time);
}

static int by_nanosleep(void)
{
    struct timespec time = {0, WAIT_MS * 1000000};
    return nanosleep(&time, NULL);
}

static const struct {
    const char *name;
    int (*wait)(void);
} waits[] = {
    {"poll", by_poll},
    {"ppoll", by_ppoll},
    {"epoll_wait", by_epoll_wait},
    {"select", by_select},
    {"nanosleep", by_nanosleep},
};

enum { WAITS = sizeof waits / sizeof *waits };

/* Something to compact in the waits. */
static void begin(void)
{
    busy = sparse_new(20000, 10, 2);
    set_of_events = epoll_create1(0);
    block_usr2();
}

static void end(void)
{
    check("the busy heap is whole", sparse_painted(&busy, 2));
}

static void mask_of_the_thread(void)
{
    struct itimerval period = {{0, 20000}, {0, 20000}};
    begin();
    handle(SIGALRM, look, 0);
    setitimer(ITIMER_REAL, &period, NULL);
    for (int i = 0; i < WAITS; i++) {
        int ended = 0;
        for (int round = 0; round < ROUNDS; round++)
            ended += waits[i].wait() == -1 && errno == EINTR;
        printf("%s\n", waits[i].name);
        check("signals end it", ended == ROUNDS);
    }
    check("the handler found the thread's mask", runs >= ROUNDS * WAITS && !strange);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    end();
}

/* What a handler changes in the mask that it returns to. */
static void changed_mask(void)
{
    begin();
    handle(SIGALRM, look, 0);
    to_block = 1;
    int held = 0, lasts = 0;
    for (int i = 0; i < WAITS; i++)
        for (int round = 0; round < 5; round++) {
            struct itimerval once = {{0, 0}, {0, 5000 + round * 7000}};
            sigset_t now;
            setitimer(ITIMER_REAL, &once, NULL);
            held += waits[i].wait() == -1;
            pthread_sigmask(SIG_BLOCK, NULL, &now);
            lasts += sigismember(&now, SIGUSR1) == 1 && sigismember(&now, SIGALRM) == 0;
            block_usr2();
        }
    check("each wait was ended", held == WAITS * 5);
    check("what the handler blocked stays blocked", lasts == WAITS * 5);
    end();
}

static volatile sig_atomic_t cleaned, clean;

static void clean_up(void *argument)
{
    sigset_t now;
    (void)argument;
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    clean += is_own(&now);
    cleaned++;
}

static void *wait_for_ever(void *which)
{
    block_usr2();
    pthread_cleanup_push(clean_up, NULL);
    for (;;)
        waits[*(int *)which].wait();
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancelled(void)
{
    begin();
    for (int i = 0; i < WAITS; i++)
        for (int round = 0; round < 8; round++) {
            pthread_t thread;
            need("pthread_create", pthread_create(&thread, NULL, wait_for_ever, &i) == 0);
            struct sparse more = sparse_new(2000, 10, 3);
            usleep(1000 + round * 1500);
            sparse_free(&more);
            pthread_cancel(thread);
            pthread_join(thread, NULL);
        }
    check("each was cleaned up after", cleaned == WAITS * 8);
    check("under the thread's own mask", clean == cleaned);
    end();
}

static void nothing(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    runs++;
}

/* Signals that nobody has a handler for end no wait, also when they come in the middle of something else. */
static void ignored_signals(void)
{
    struct timespec start, stop;
    begin();
    handle(SIGCHLD, nothing, 0);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGUSR1, SIG_IGN);
    struct itimerval period = {{0, 1000}, {0, 1000}};
    signal(SIGALRM, SIG_IGN);
    setitimer(ITIMER_REAL, &period, NULL);
    int whole = 0;
    for (int i = 0; i < WAITS; i++) {
        clock_gettime(CLOCK_MONOTONIC, &start);
        int result = waits[i].wait();
        clock_gettime(CLOCK_MONOTONIC, &stop);
        long ms = (stop.tv_sec - start.tv_sec) * 1000 + (stop.tv_nsec - start.tv_nsec) / 1000000;
        whole += result == 0 && ms >= WAIT_MS - 1;
    }
    check("each wait took its time", whole == WAITS);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    end();
}

const struct signal_case in_waits[] = {
    {"wait-mask", mask_of_the_thread},
    {"wait-mask-changed", changed_mask},
    {"wait-cancelled", cancelled},
    {"wait-ignored", ignored_signals},
    {NULL, NULL},
};
