/* A signal ends a wait without end, or a long sleep, also while the heap is being compacted in it. */
#include "../check.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 1 << 18, ROUNDS = 12, LONG = 1000 };

#include "fragment.h"

static volatile sig_atomic_t caught;

static void handle(int number)
{
    (void)number;
    caught++;
}

/* Returns -1 and sets errno when a signal ended it as it should. */
static int wait_or_sleep(int way, int set)
{
    struct epoll_event event;
    struct timespec time = {.tv_sec = LONG}, left = {.tv_sec = -1};
    int error;
    switch (way) {
    case 0:
        return poll(NULL, 0, -1);
    case 1:
        return epoll_wait(set, &event, 1, -1);
    case 2:
        return select(0, NULL, NULL, NULL, NULL);
    case 3:
        error = nanosleep(&time, &left);
        check("something of the sleep was left", left.tv_sec >= 0 && left.tv_sec < LONG);
        return error;
    case 4:
        clock_gettime(CLOCK_MONOTONIC, &time);
        time.tv_sec += LONG;
        errno = 0;
        error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, &left);
        check("errno and what is left are as before", errno == 0 && left.tv_sec == -1);
        errno = error;
        return error == 0 ? 0 : -1;
    default:
        errno = EINTR;
        return sleep(LONG) > 0 ? -1 : 0;
    }
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle};
    int set = epoll_create1(0);
    need("a handler", sigaction(SIGUSR1, &action, NULL) == 0 && set >= 0);
    for (int round = 0; round < ROUNDS; round++) {
        fragment();
        pid_t sender = fork();
        need("fork", sender >= 0);
        if (sender == 0) {
            usleep(3000 + 13000 * (useconds_t)round);
            kill(getppid(), SIGUSR1);
            _exit(0);
        }
        int got = wait_or_sleep(round % 6, set);
        check("the wait ended by the signal", got == -1 && errno == EINTR && caught == round + 1);
        sigset_t blocked;
        sigprocmask(SIG_BLOCK, NULL, &blocked);
        check("nothing stays blocked", !sigismember(&blocked, SIGTERM) && !sigismember(&blocked, SIGUSR1));
        while (waitpid(sender, NULL, 0) < 0)
            need("the sender", errno == EINTR);
    }
    return 0;
}
