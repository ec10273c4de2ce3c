/* A program that allocates without an end, and never waits: in one thread, or in so many. It ends when a call changes `errno`.
 * With the argument "stopped" it has a child that does nothing; with "shared", one that allocates in its memory, by `vfork`. */
#include "../check.h"
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { BLOCKS = 4096, MARK = 77 };

static void *work(void *argument)
{
    static const size_t sizes[] = {24, 64, 200, 640, 5000};
    void **blocks = calloc(BLOCKS, sizeof(void *));
    unsigned state = 1;
    (void)argument;
    need("memory", blocks != NULL);
    for (;;) {
        size_t place = next_random(&state) % BLOCKS;
        errno = MARK;
        free(blocks[place]);
        blocks[place] = malloc(sizes[place % 5]);
        if (!blocks[place] || errno != MARK) {
            fprintf(stderr, "errno is %d\n", errno);
            _exit(1);
        }
    }
    return NULL;
}

int main(int count, char **arguments)
{
    int threads = count > 1 ? atoi(arguments[1]) : 1;
    int shares = count > 1 && strcmp(arguments[1], "shared") == 0;
    if (threads == 0) {
        /* Asks for figures of now, and comes by. */
        malloc_trim(0);
        free(malloc(1 << 20));
    }
    printf("ready %d\n", (int)getpid());
    fflush(stdout);
    if (shares && vfork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dprintf(1, "child %d\n", (int)getpid());
        work(NULL);
    }
    if (threads == 0) {
        pid_t child = fork();
        if (child == 0)
            for (;;)
                raise(SIGSTOP);
        printf("child %d\n", (int)child);
        fflush(stdout);
    }
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        need("a thread", pthread_create(&thread, NULL, work, NULL) == 0);
    }
    work(NULL);
}
