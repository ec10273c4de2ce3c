/* Guests that disturb others: threads that are cancelled in a wait, and signals to all. */
#include "house.h"
#include <malloc.h>
#include <poll.h>

/* ---- cancelling ---- */

struct waiter {
    sigset_t mask;
    int way;
    atomic_int entered;
    unsigned char *note;
};

static void leave(void *argument)
{
    struct waiter *waiter = argument;
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    if (sigismember(&now, SIGUSR2) != 1 || sigismember(&now, SIGHUP) != 0 || sigismember(&now, SIGUSR1) != 0)
        fail("cancelling", "clean-up runs under another mask");
    waiter->note[0] = 1;
}

static void *wait_long(void *argument)
{
    struct waiter *waiter = argument;
    struct timespec long_time = {1000, 0};
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    pthread_cleanup_push(leave, waiter);
    waiter->entered = 1;
    for (;;)
        switch (waiter->way) {
        case 0:
            nanosleep(&long_time, NULL);
            break;
        case 1:
            poll(NULL, 0, 1000000);
            break;
        default:
            pause();
            break;
        }
    pthread_cleanup_pop(0);
    return NULL;
}

void round_of_cancelling(struct belongings *mine)
{
    struct waiter *waiter = calloc(1, sizeof *waiter);
    pthread_t thread;
    pthread_attr_t attributes;
    void *result;
    struct timespec nap = {0, (long)(next_random(&mine->state) % 3000000)};
    if (!waiter || !(waiter->note = calloc(1, 200)))
        fail("cancelling", "null");
    waiter->way = (int)(next_random(&mine->state) % 3);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 20 << 10);
    if (pthread_create(&thread, &attributes, wait_long, waiter) != 0)
        fail("cancelling", "no thread");
    while (!waiter->entered)
        sched_yield();
    nanosleep(&nap, NULL);
    if (pthread_cancel(thread) != 0 || pthread_join(thread, &result) != 0 || result != PTHREAD_CANCELED)
        fail("cancelling", "the thread was not cancelled");
    if (waiter->note[0] != 1)
        fail("cancelling", "clean-up did not run");
    free(waiter->note);
    free(waiter);
    pthread_attr_destroy(&attributes);
}

/* ---- signals ---- */

enum { COUNTERS = 4096 };

static const int sent[SIGNALS] = {SIGUSR1, SIGTRAP, SIGFPE, SIGILL, SIGBUS, SIGSYS, SIGPROF};
static atomic_uint *counters[COUNTERS];
static const pthread_t *targets;
static atomic_int target_count;
static atomic_int sending;
static atomic_ulong handled;

static void count(int signal, siginfo_t *info, void *context)
{
    int error = errno;
    unsigned at = (unsigned)atomic_fetch_add(&handled, 1) % COUNTERS;
    (void)signal;
    (void)info;
    (void)context;
    atomic_fetch_add(counters[at], 1);
    errno = error;
}

void signals_begin(void)
{
    struct sigaction action = {.sa_sigaction = count, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    for (int i = 0; i < COUNTERS; i++) {
        counters[i] = calloc(1, 64);
        need("a counter", counters[i] != NULL);
        /* Neighbours that go, so that these are meshed. */
        void *neighbours[5];
        for (int n = 0; n < 5; n++)
            neighbours[n] = malloc(64);
        for (int n = 0; n < 5; n++)
            free(neighbours[n]);
    }
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++)
        need("a handler", sigaction(sent[i], &action, NULL) == 0);
}

void signals_to(const pthread_t *threads, int count)
{
    targets = threads;
    target_count = count;
    while (count == 0 && sending)
        sched_yield();
}

void round_of_signals(struct belongings *mine)
{
    sending = 1;
    for (int i = 0; i < 20; i++) {
        int all = target_count;
        if (all > 0)
            pthread_kill(targets[next_random(&mine->state) % (unsigned)all],
                         sent[next_random(&mine->state) % (sizeof sent / sizeof *sent)]);
    }
    sending = 0;
    struct timespec nap = {0, 2000000};
    nanosleep(&nap, NULL);
}

/* ---- meshing ---- */

void round_of_meshing(struct belongings *mine)
{
    enum { BLOCKS = 6000 };
    static void *blocks[BLOCKS];
    size_t size = 16 + next_random(&mine->state) % 2000;
    for (int i = 0; i < BLOCKS; i++) {
        if (!blocks[i])
            blocks[i] = malloc(size);
        if (!blocks[i])
            fail("meshing", "null");
    }
    for (int i = 0; i < BLOCKS; i++)
        if (next_random(&mine->state) % 6) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
    if (next_random(&mine->state) % 4 == 0)
        malloc_trim(0);
    struct timespec nap = {0, 1000000};
    nanosleep(&nap, NULL);
}
