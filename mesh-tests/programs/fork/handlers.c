/* A signal handler that forks, at any moment, over allocations and over other forks: it is never refused, and nobody waits for
   himself. */
#define _GNU_SOURCE
#include "family.h"
#include <errno.h>
#include <sys/time.h>

static struct sparse heap;
static volatile sig_atomic_t forks, refused, failed, goes_on;

static void fork_now(int signal)
{
    (void)signal;
    int before = errno, status = -1;
    errno = 0;
    pid_t child = forks % 2 ? _Fork() : fork();
    if (child == 0) {
        for (size_t i = 0; i < heap.count; i += 50)
            heap.blocks[i][0]++;
        if (!goes_on)
            _exit(0);
        /* The child goes on with what the handler has interrupted. */
        goes_on = 2;
        errno = before;
        return;
    }
    if (child < 0) {
        refused++;
    } else {
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        failed |= status != 0;
        forks++;
    }
    errno = before;
}

/* One signal, somewhere in what comes next. */
static void arm(unsigned *state, unsigned within)
{
    struct itimerval soon = {.it_value = {0, 1 + next_random(state) % within}};
    setitimer(ITIMER_REAL, &soon, NULL);
}

static void end(int bad)
{
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    check("handlers fork", !failed && !refused && forks > 0);
    check("the program goes on", !bad);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}

static void begin(void)
{
    struct sigaction action = {.sa_handler = fork_now, .sa_flags = SA_RESTART};
    heap = sparse_new(2000, 10, 1);
    compact();
    sigaction(SIGALRM, &action, NULL);
}

void handlers(void)
{
    begin();
    int bad = 0;
    unsigned state = 5;
    for (unsigned i = 0; i < 150; i++) {
        arm(&state, 1500);
        bad |= live(i);
        struct sparse more = sparse_new(200, 10, i);
        if (i % 8 == 0)
            compact();
        bad |= !sparse_painted(&more, i);
        sparse_free(&more);
        pid_t child = i % 2 ? fork() : _Fork();
        if (child == 0)
            _exit(0);
        bad |= child < 0;
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    end(bad);
}

/* A process with one thread may go on in the child of a handler's fork, whatever that has interrupted. */
void interrupted(void)
{
    begin();
    goes_on = 1;
    int bad = 0;
    unsigned state = 7;
    for (unsigned i = 0; i < 100; i++) {
        arm(&state, 1500);
        bad |= live(i);
        struct sparse more = sparse_new(200, 10, i);
        if (i % 8 == 0)
            compact();
        bad |= !sparse_painted(&more, i);
        if (goes_on == 2) {
            compact();
            _exit(bad | live(i) | !sparse_painted(&more, i));
        }
        sparse_free(&more);
    }
    end(bad);
}
