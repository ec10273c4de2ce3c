/* fork while other threads allocate, free and mesh; fork from those threads. */
#include "family.h"

enum { FORKS = 48, THREADS = 4 };

static void *fork_often(void *seed)
{
    size_t failed = 0;
    for (int i = 0; i < FORKS / 8; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(live((unsigned)(size_t)seed));
        failed += !well(child);
        failed += (size_t)live((unsigned)i);
    }
    return (void *)failed;
}

void beside_threads(void)
{
    pthread_t threads[THREADS];
    int good = 0;
    start_threads(threads, THREADS);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0) {
            int failed = live((unsigned)i);
            /* Every other child leaves through the exit handlers. */
            if (i % 2)
                exit(failed);
            _exit(failed);
        }
        good += well(child);
        if (i % 10 == 0)
            compact();
    }
    check("children of a process with busy threads", good == FORKS);

    pthread_t forking[THREADS];
    size_t failed = 0;
    for (int i = 0; i < THREADS; i++)
        need("a thread starts",
             pthread_create(&forking[i], NULL, fork_often, (void *)(size_t)i) == 0);
    for (int i = 0; i < THREADS; i++) {
        void *failures;
        pthread_join(forking[i], &failures);
        failed += (size_t)failures;
    }
    check("children of threads", failed == 0);
    join_threads(threads, THREADS);
    check("the threads kept their blocks", !spoiled);
}
