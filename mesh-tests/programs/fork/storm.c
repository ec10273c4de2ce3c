/* All at once: threads that allocate, a thread that starts programs over shared memory, signals, and forks of all kinds. */
#define _GNU_SOURCE
#include "family.h"
#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { FORKS = 60, THREADS = 2 };

static struct sparse heap;
static volatile sig_atomic_t ticks;

static void tick(int signal)
{
    (void)signal;
    /* A handler may write to the heap at any moment. */
    heap.blocks[7][0]++;
    ticks++;
}

/* Children of vfork share this memory, and write to it beside the forks of another thread. */
static void *start_programs(void *unused)
{
    (void)unused;
    volatile size_t failed = 0;
    while (!stop) {
        pid_t child = vfork();
        if (child == 0) {
            for (volatile size_t i = 100; i < heap.count; i += 7)
                *(volatile unsigned char *)heap.blocks[i] = heap.blocks[i][0];
            _exit(0);
        }
        int status = -1;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        failed += child < 0 || status != 0;
    }
    return (void *)failed;
}

static int ended_well(pid_t child)
{
    int status = -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && status == 0;
}

static int inherit(unsigned seed)
{
    struct sparse rest = {heap.blocks + 100, heap.sizes + 100, heap.count - 100};
    int failed = !sparse_painted(&rest, 1 + 100);
    sparse_paint(&rest, seed);
    return failed | live(seed) | !sparse_painted(&rest, seed);
}

void storm(void)
{
    pthread_t threads[THREADS], starter;
    struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
    struct itimerval period = {{0, 900}, {0, 900}};
    heap = sparse_new(5000, 10, 1);
    compact();
    start_threads(threads, THREADS);
    pthread_create(&starter, NULL, start_programs, NULL);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &period, NULL);
    int good = 0;
    for (unsigned i = 0; i < FORKS; i++) {
        pid_t child;
        switch (i % 3) {
        case 0: child = fork(); break;
        case 1: child = _Fork(); break;
        default: child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
        }
        if (child == 0)
            _exit(inherit(i));
        good += ended_well(child);
        compact();
    }
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    check("children in the storm", good == FORKS);
    void *failed;
    stop = 1;
    pthread_join(starter, &failed);
    join_threads(threads, THREADS);
    check("children of vfork", failed == NULL);
    check("the handler ran", ticks > 0);
    check("the threads kept their blocks", !spoiled);
    struct sparse rest = {heap.blocks + 100, heap.sizes + 100, heap.count - 100};
    check("the heap is as before", sparse_painted(&rest, 1 + 100));
    sparse_free(&heap);
}
