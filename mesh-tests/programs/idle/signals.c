/* A signal ends a wait without end, also while the heap is being compacted in it. */
#include "../check.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCKS = 1 << 18, SIZE = 256, ROUNDS = 12 };

static volatile sig_atomic_t caught;

static void handle(int number)
{
    (void)number;
    caught++;
}

/* Three in four blocks are given up, and new ones take their place in the next round. */
static void fragment(void)
{
    static void *blocks[BLOCKS];
    static unsigned state = 1;
    for (int i = 0; i < BLOCKS; i++)
        if (!blocks[i])
            need("memory", (blocks[i] = malloc(SIZE)) != NULL);
    for (int i = 0; i < BLOCKS; i++)
        if (next_random(&state) % 4 != 0) {
            free(blocks[i]);
            blocks[i] = NULL;
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
        struct epoll_event event;
        int got = round % 3 == 0 ? poll(NULL, 0, -1)
            : round % 3 == 1     ? epoll_wait(set, &event, 1, -1)
                                 : select(0, NULL, NULL, NULL, NULL);
        check("the wait ended by the signal", got == -1 && errno == EINTR && caught == round + 1);
        sigset_t blocked;
        sigprocmask(SIG_BLOCK, NULL, &blocked);
        check("nothing stays blocked", !sigismember(&blocked, SIGTERM) && !sigismember(&blocked, SIGUSR1));
        while (waitpid(sender, NULL, 0) < 0)
            need("the sender", errno == EINTR);
    }
    return 0;
}
