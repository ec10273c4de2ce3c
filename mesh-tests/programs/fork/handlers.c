/* A signal handler that forks, at any moment: it may be refused, but nobody waits for himself. */
#define _GNU_SOURCE
#include "family.h"
#include <errno.h>
#include <sys/time.h>

static struct sparse heap;
static volatile sig_atomic_t forks, refused, failed;

static void fork_now(int signal)
{
    (void)signal;
    int before = errno, status = -1;
    errno = 0;
    pid_t child = forks % 2 ? _Fork() : fork();
    if (child == 0) {
        for (size_t i = 0; i < heap.count; i += 50)
            heap.blocks[i][0]++;
        _exit(0);
    }
    if (child < 0) {
        refused++;
        failed |= errno != EAGAIN;
    } else {
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        failed |= status != 0;
        forks++;
    }
    errno = before;
}

void handlers(void)
{
    struct sigaction action = {.sa_handler = fork_now, .sa_flags = SA_RESTART};
    heap = sparse_new(2000, 10, 1);
    sigaction(SIGALRM, &action, NULL);
    int bad = 0;
    unsigned state = 5;
    for (unsigned i = 0; i < 150; i++) {
        /* One signal each round, somewhere in it. */
        struct itimerval soon = {.it_value = {0, 20 + next_random(&state) % 1500}};
        setitimer(ITIMER_REAL, &soon, NULL);
        bad |= live(i);
        struct sparse more = sparse_new(200, 10, i);
        if (i % 8 == 0)
            compact();
        bad |= !sparse_painted(&more, i);
        sparse_free(&more);
    }
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    fprintf(stderr, "refused %d\n", (int)refused);
    check("handlers fork", !failed && forks > 0);
    check("the program goes on", !bad);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
