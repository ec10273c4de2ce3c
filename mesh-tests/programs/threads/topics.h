/* Threads that come and go, and processes that end in the middle of it. */
#ifndef TOPICS_H
#define TOPICS_H

#include "../sparse.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static inline pthread_t start(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    need("a thread starts", pthread_create(&thread, NULL, function, argument) == 0);
    return thread;
}

/* Allocates and frees for ever. */
void *allocate_for_ever(void *seed);

/* The topics, one file each (the last three: endings.c). */
void short_lives(void);
void destructors(void);
void cancellation(void);
void heap_stacks(void);
void mailboxes(void);
void main_leaves(void);
void detached_at_exit(void);
void exit_beside_threads(void);
void exit_from_thread(void);

#endif
