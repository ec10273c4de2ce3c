/* Locks between processes, made in a sparse heap: who waits at one while its page could be meshed is woken. */
#include "topics.h"
#include "../threads/asleep.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LOCKS = 400, WAITERS = 25 };

/* One kind of lock. `wait` returns 0 when it was woken, `wake` lets one waiter go on. */
struct kind {
    const char *name;
    size_t size;
    void (*make)(void *lock);
    int (*wait)(void *lock);
    void (*wake)(void *lock);
};

static struct timespec soon(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec += 10;
    return time;
}

static void make_semaphore(void *lock) { sem_init(lock, 1, 0); }

static int wait_semaphore(void *lock)
{
    struct timespec until = soon();
    return sem_timedwait(lock, &until);
}

static void wake_semaphore(void *lock) { sem_post(lock); }

/* A mutex that its maker holds. */
static void make_locked(void *lock, int robust)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if (robust)
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    else
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(lock, &attributes);
    pthread_mutex_lock(lock);
}

static void make_mutex(void *lock) { make_locked(lock, 0); }

static int wait_mutex(void *lock)
{
    struct timespec until = soon();
    int result = pthread_mutex_timedlock(lock, &until);
    if (result == EOWNERDEAD)
        result = pthread_mutex_consistent(lock);
    if (result == 0)
        pthread_mutex_unlock(lock);
    return result;
}

static void wake_mutex(void *lock) { pthread_mutex_unlock(lock); }

static void make_robust(void *lock) { make_locked(lock, 1); }

static void make_rwlock(void *lock)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_rwlock_init(lock, &attributes);
    pthread_rwlock_wrlock(lock);
}

static int wait_rwlock(void *lock)
{
    struct timespec until = soon();
    int result = pthread_rwlock_timedrdlock(lock, &until);
    if (result == 0)
        pthread_rwlock_unlock(lock);
    return result;
}

static void wake_rwlock(void *lock) { pthread_rwlock_unlock(lock); }

static const struct kind kinds[] = {
    {"semaphores", sizeof(sem_t), make_semaphore, wait_semaphore, wake_semaphore},
    {"mutexes", sizeof(pthread_mutex_t), make_mutex, wait_mutex, wake_mutex},
    {"robust mutexes", sizeof(pthread_mutex_t), make_robust, wait_mutex, wake_mutex},
    {"read-write locks", sizeof(pthread_rwlock_t), make_rwlock, wait_rwlock, wake_rwlock},
};

struct waiter {
    const struct kind *kind;
    void *lock;
    pid_t thread;
    int result;
};

static void *waits(void *argument)
{
    struct waiter *waiter = argument;
    __atomic_store_n(&waiter->thread, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    waiter->result = waiter->kind->wait(waiter->lock);
    return NULL;
}

static void kind_of_lock(const struct kind *kind)
{
    static void *locks[LOCKS];
    static void *others[LOCKS * 9];
    struct waiter waiters[WAITERS] = {0};
    pthread_t threads[WAITERS];
    for (int i = 0; i < LOCKS; i++) {
        locks[i] = malloc(kind->size);
        for (int k = 0; k < 9; k++)
            others[i * 9 + k] = malloc(kind->size);
        kind->make(locks[i]);
    }
    for (int i = 0; i < LOCKS * 9; i++)
        free(others[i]);
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = (struct waiter){kind, locks[i * (LOCKS / WAITERS)], 0, -1};
        need("a thread", pthread_create(&threads[i], NULL, waits, &waiters[i]) == 0);
    }
    for (int i = 0; i < WAITERS; i++)
        until_asleep(&waiters[i].thread);
    compact();
    int woken = 1;
    for (int i = 0; i < WAITERS; i++)
        kind->wake(waiters[i].lock);
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(threads[i], NULL);
        woken &= waiters[i].result == 0;
    }
    check(kind->name, woken);
}

void futexes(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        kind_of_lock(&kinds[i]);
}
