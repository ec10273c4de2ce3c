/* Signals that arrive while a process forks: allocation never fails with EINTR. */
#include "family.h"
#include <errno.h>
#include <sys/time.h>

static volatile sig_atomic_t ticks;
static unsigned char *cell;

static void tick(int signal)
{
    (void)signal;
    ticks++;
    /* A handler may write to the heap at any moment. */
    cell[0]++;
}

void signals(void)
{
    struct sigaction action = {.sa_handler = tick};
    struct itimerval period = {{0, 700}, {0, 700}};
    struct sparse heap = sparse_new(5000, 10, 1);
    compact();
    cell = heap.blocks[17];
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &period, NULL);
    int interrupted = 0, failed = 0;
    for (int i = 0; i < 100; i++) {
        errno = 0;
        pid_t child = fork();
        if (child == 0) {
            /* The child's timer is off, but a tick may have been pending. */
            _exit(live((unsigned)i));
        }
        int status = -1;
        pid_t waited;
        while ((waited = waitpid(child, &status, 0)) < 0 && errno == EINTR)
            ;
        failed += child < 0 || waited != child || status != 0;
        for (int j = 0; j < 20; j++) {
            errno = 0;
            void *block = malloc(3000 + (size_t)j * 5000);
            interrupted += block == NULL || errno == EINTR;
            free(block);
        }
        compact();
    }
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    check("children of an interrupted process", failed == 0);
    check("allocation is never interrupted", interrupted == 0);
    check("the handler ran", ticks > 0);
    paint(heap.blocks[17], heap.sizes[17], 1 + 17);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
