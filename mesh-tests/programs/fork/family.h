/* Children that report by their exit code. */
#ifndef FAMILY_H
#define FAMILY_H

#include "../sparse.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

/* Waits for a child. True if it ended with exit code 0. */
static inline int well(pid_t child)
{
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
        && WEXITSTATUS(status) == 0;
}

/* What every child can do: allocate, free, look after its bytes. 0 if all went well. */
static inline int live(unsigned seed)
{
    enum { BLOCKS = 300 };
    unsigned char *blocks[BLOCKS];
    size_t sizes[BLOCKS];
    int failed = 0;
    for (int i = 0; i < BLOCKS; i++) {
        sizes[i] = i % 50 == 49 ? 100000 : next_random(&seed) % 2000;
        blocks[i] = malloc(sizes[i]);
        if (blocks[i] == NULL)
            return 1;
        paint(blocks[i], sizes[i], (unsigned)i);
    }
    for (int i = 0; i < BLOCKS; i++) {
        failed |= !painted(blocks[i], sizes[i], (unsigned)i);
        free(blocks[i]);
    }
    return failed;
}

/* Threads that allocate and free until `stop`. */
extern atomic_int stop;
extern atomic_int spoiled;
void start_threads(pthread_t *threads, int count);
void join_threads(pthread_t *threads, int count);

/* What a process forks beside. */
struct company {
    int threads;
    /* Runs in each of them until `stop`. */
    void *(*work)(void *);
    /* What a child does; 0 if all went well. */
    int (*child)(unsigned number);
};

/* Forks so many times in company, with a heap that meshes; returns how many children ended well. */
int forks_beside(const struct company *company, unsigned forks, const struct sparse *heap);

/* The topics, one file each. */
void beside_threads(void);
void generations(void);
void contents(void);
void stopped_child(void);
void raw_clones(void);
void programs(void);
void signals(void);
void within_library(void);
void no_room(void);
void prefork(void);
void storm(void);
void files(void);
void name_services(void);
void shared_lock(void);
void shared_lock_stop(void);
void handlers(void);
void interrupted(void);
void mask(void);
void at_once(void);
void namespaces(void);

#endif
