/* Threads that fork at the same time, by ways that come to the C library's fork differently, and with a lock of the program that its
   own fork handlers take: nobody waits for ever. */
#define _GNU_SOURCE
#include "family.h"
#include <pty.h>

enum { FORKS = 60 };

static struct sparse heap;
static atomic_int good;
static pthread_mutex_t lock;

static int by_fork(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(!sparse_painted(&heap, 1));
    return well(child);
}

static int by_fork_alone(void)
{
    pid_t child = _Fork();
    if (child == 0)
        _exit(!sparse_painted(&heap, 1));
    return well(child);
}

static int by_forkpty(void)
{
    int terminal;
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    if (child == 0)
        _exit(!sparse_painted(&heap, 1));
    int ended = well(child);
    close(terminal);
    return ended;
}

static int under_lock(void)
{
    pthread_mutex_lock(&lock);
    int ended = by_fork();
    pthread_mutex_unlock(&lock);
    return ended;
}

static void *repeat(void *way)
{
    int (*once)(void) = *(int (**)(void))way;
    for (int i = 0; i < FORKS; i++)
        good += once();
    return NULL;
}

static void take(void)
{
    pthread_mutex_lock(&lock);
}

static void leave(void)
{
    pthread_mutex_unlock(&lock);
}

static int all_at_once(int (**ways)(void), int count)
{
    pthread_t threads[8];
    good = 0;
    for (int i = 0; i < count; i++)
        need("a thread starts", pthread_create(&threads[i], NULL, repeat, &ways[i]) == 0);
    for (int i = 0; i < FORKS / 4; i++)
        compact();
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return good == count * FORKS;
}

void at_once(void)
{
    pthread_mutexattr_t again;
    pthread_mutexattr_init(&again);
    pthread_mutexattr_settype(&again, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&lock, &again);
    heap = sparse_new(1000, 10, 1);
    compact();
    int (*ways[])(void) = {by_fork, by_forkpty, by_fork_alone};
    check("three ways at once", all_at_once(ways, 3));
    need("handlers are registered", pthread_atfork(take, leave, leave) == 0);
    int (*locked[])(void) = {by_fork, by_forkpty, under_lock};
    check("with a lock of the program", all_at_once(locked, 3));
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
