/* The process ends while threads allocate. */
#include "topics.h"
#include <sys/wait.h>

enum { THREADS = 4 };

static atomic_int spoiled;

void *allocate_for_ever(void *seed)
{
    unsigned state = (unsigned)(size_t)seed;
    for (;;) {
        unsigned char *blocks[100];
        for (unsigned i = 0; i < 100; i++) {
            blocks[i] = malloc(8 + next_random(&state) % 2000);
            blocks[i][0] = (unsigned char)i;
        }
        for (unsigned i = 0; i < 100; i++) {
            spoiled |= blocks[i][0] != (unsigned char)i;
            free(blocks[i]);
        }
    }
    return NULL;
}

static void at_exit(void)
{
    void *block = calloc(100, 100);
    need("an exit handler has memory", block != NULL && zero(block, 10000) && !spoiled);
    free(block);
}

static void detached(void)
{
    for (size_t i = 0; i < THREADS; i++)
        pthread_detach(start(allocate_for_ever, (void *)(i + 1)));
}

/* Runs `ending` in children: it must end each of them with exit code 7. */
static void in_children(const char *name, int times, void (*ending)(void))
{
    int good = 0;
    for (int i = 0; i < times; i++) {
        pid_t child = fork();
        if (child == 0) {
            atexit(at_exit);
            ending();
            _exit(1);
        }
        int status = 0;
        waitpid(child, &status, 0);
        good += WIFEXITED(status) && WEXITSTATUS(status) == 7;
    }
    check(name, good == times);
}

static void exit_now(void)
{
    detached();
    usleep(2000);
    exit(7);
}

static void *exit_here(void *unused)
{
    (void)unused;
    exit(7);
}

static void exit_in_thread(void)
{
    detached();
    start(exit_here, NULL);
    for (;;)
        pause();
}

static atomic_int left;

static void *last_one(void *main_thread)
{
    pthread_join(*(pthread_t *)main_thread, NULL);
    struct sparse heap = sparse_new(1000, 10, 1);
    compact();
    check("threads go on without the main thread", sparse_painted(&heap, 1));
    sparse_free(&heap);
    left = 1;
    return NULL;
}

void main_leaves(void)
{
    static pthread_t main_thread;
    main_thread = pthread_self();
    atexit(at_exit);
    pthread_detach(start(last_one, &main_thread));
    free(malloc(100));
    pthread_exit(NULL);
}

void detached_at_exit(void)
{
    detached();
    usleep(20000);
    check("main returns beside threads that allocate", !spoiled);
}

void exit_beside_threads(void)
{
    in_children("exit beside threads that allocate", 50, exit_now);
}

void exit_from_thread(void)
{
    in_children("exit from a thread", 50, exit_in_thread);
}
