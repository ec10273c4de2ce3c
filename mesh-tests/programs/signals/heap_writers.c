/* Handlers that read and write heap memory at any moment, also in the middle of a compaction. */
#include "cases.h"

static struct sparse shared_heap;
static volatile sig_atomic_t rounds, spoiled;

static void rewrite(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    /* Each block belongs to the handler alone: the counter in it must be where it was left. */
    for (size_t i = 0; i < shared_heap.count; i += 97) {
        int value;
        memcpy(&value, shared_heap.blocks[i], sizeof value);
        spoiled |= value != rounds;
        value++;
        memcpy(shared_heap.blocks[i], &value, sizeof value);
    }
    rounds++;
}

static void clear(void)
{
    shared_heap = sparse_new(20000, 10, 1);
    for (size_t i = 0; i < shared_heap.count; i++)
        memset(shared_heap.blocks[i], 0, sizeof(int));
}

static void allocate_and_compact(unsigned seed)
{
    struct sparse more = sparse_new(2000, 10, seed);
    compact();
    spoiled |= !sparse_painted(&more, seed);
    sparse_free(&more);
}

static void by_timer(void)
{
    struct itimerval period = {{0, 500}, {0, 500}};
    clear();
    handle(SIGALRM, rewrite, SA_RESTART);
    setitimer(ITIMER_REAL, &period, NULL);
    for (unsigned i = 0; i < 60; i++)
        allocate_and_compact(i);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    check("the handler wrote", rounds > 0);
    check("its blocks are as it left them", !spoiled);
}

static void *signal_others(void *target)
{
    for (int i = 0; i < 1000; i++) {
        pthread_kill(*(pthread_t *)target, SIGUSR1);
        usleep(200);
    }
    return NULL;
}

static void from_threads(void)
{
    pthread_t self = pthread_self(), sender;
    clear();
    handle(SIGUSR1, rewrite, SA_RESTART);
    pthread_create(&sender, NULL, signal_others, &self);
    while (pthread_tryjoin_np(sender, NULL) != 0)
        allocate_and_compact(3);
    check("the handler wrote", rounds > 0);
    check("its blocks are as it left them", !spoiled);
}

static volatile int sent;

static void *send_to_other(void *target)
{
    for (int i = 0; i < 300; i++) {
        pthread_kill(*(pthread_t *)target, sent);
        usleep(200);
    }
    return NULL;
}

/* Signals that an instruction may raise, sent to the thread that compacts. */
static void from_others(void)
{
    static const int signals[] = {SIGTRAP, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGSEGV};
    pthread_t self = pthread_self(), sender;
    clear();
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        int before = rounds;
        sent = signals[i];
        handle(sent, rewrite, SA_RESTART);
        need("pthread_create", pthread_create(&sender, NULL, send_to_other, &self) == 0);
        while (pthread_tryjoin_np(sender, NULL) != 0)
            allocate_and_compact(3);
        check("the handler wrote", rounds > before);
    }
    check("its blocks are as it left them", !spoiled);
}

const struct signal_case heap_writers[] = {
    {"handler-by-timer", by_timer},
    {"handler-by-threads", from_threads},
    {"handler-by-sent-faults", from_others},
    {NULL, NULL},
};
