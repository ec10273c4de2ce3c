/* Threads wait at words in small blocks, by `syscall` and without FUTEX_PRIVATE_FLAG, while these are meshed: who wakes them finds
   them. One word of a call may lie elsewhere. */
#define _GNU_SOURCE
#include "../sparse.h"
#include "../threads/asleep.h"
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CELLS = 400, WAITERS = 25, SECONDS = 20 };

/* What a waiter waits at: first until `word` is set, and where there is a lock, until that is. */
struct cell {
    int word, lock, index;
    char rest[52];
};

struct kind {
    const char *name;
    int (*wait)(struct cell *cell);
    /* Done to all who sleep, before the mesh. */
    int (*move)(struct cell *cell);
    int (*wake)(struct cell *cell);
};

static int elsewhere[WAITERS];
static const struct timespec patience = {SECONDS, 0};

static long futex(int *word, int operation, int value, uintptr_t more, int *other, int last)
{
    return syscall(SYS_futex, word, operation, value, more, other, last);
}

static int get(int *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static void set(int *word, int value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }

/* Waits until the word is set. */
static int wait_at(int *word)
{
    while (get(word) == 0)
        if (futex(word, FUTEX_WAIT, 0, (uintptr_t)&patience, NULL, 0) && errno == ETIMEDOUT)
            return 0;
    return 1;
}

static int wake_at(int *word)
{
    set(word, 1);
    return futex(word, FUTEX_WAKE, 1, 0, NULL, 0) == 1;
}

static int wait_word(struct cell *cell) { return wait_at(&cell->word); }
static int wake_word(struct cell *cell) { return wake_at(&cell->word); }

static int wait_bits(struct cell *cell)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SECONDS;
    while (get(&cell->word) == 0)
        if (futex(&cell->word, FUTEX_WAIT_BITSET, 0, (uintptr_t)&until, NULL, 2) && errno == ETIMEDOUT)
            return 0;
    return 1;
}

static int wake_bits(struct cell *cell)
{
    set(&cell->word, 1);
    return futex(&cell->word, FUTEX_WAKE_BITSET, 1, 0, NULL, 1) == 0
        && futex(&cell->word, FUTEX_WAKE_BITSET, 1, 0, NULL, 6) == 1;
}

enum { SET_ONE = FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_EQ, 0) };

static int wake_word_and(struct cell *cell, int *other)
{
    set(&cell->word, 1);
    return futex(&cell->word, FUTEX_WAKE_OP, 1, 1, other, SET_ONE) == 1 && get(other) == 1;
}

static int wake_and_change(struct cell *cell) { return wake_word_and(cell, &cell->lock); }
static int wake_and_change_elsewhere(struct cell *cell) { return wake_word_and(cell, &elsewhere[cell->index]); }

static int change_and_wake(struct cell *cell)
{
    return futex(&elsewhere[cell->index], FUTEX_WAKE_OP, 1, 1, &cell->word, SET_ONE) == 1;
}

static int wait_word_and_lock(struct cell *cell) { return wait_at(&cell->word) && wait_at(&cell->lock); }
static int wait_word_and_elsewhere(struct cell *cell) { return wait_at(&cell->word) && wait_at(&elsewhere[cell->index]); }
static int wait_elsewhere_and_lock(struct cell *cell) { return wait_at(&elsewhere[cell->index]) && wait_at(&cell->lock); }

static int move_over(int *word, int *lock)
{
    set(word, 1);
    return futex(word, FUTEX_CMP_REQUEUE, 0, 1, lock, 0) == -1 && errno == EAGAIN
        && futex(word, FUTEX_CMP_REQUEUE, 0, 1, lock, 1) == 1;
}

static int move_to_lock(struct cell *cell) { return move_over(&cell->word, &cell->lock); }
static int move_elsewhere(struct cell *cell) { return move_over(&cell->word, &elsewhere[cell->index]); }
static int move_from_elsewhere(struct cell *cell) { return move_over(&elsewhere[cell->index], &cell->lock); }

static int wake_lock(struct cell *cell) { return wake_at(&cell->lock); }

/* Who was woken where it should have been moved may be on its way there. */
static int wake_elsewhere(struct cell *cell)
{
    set(&elsewhere[cell->index], 1);
    futex(&elsewhere[cell->index], FUTEX_WAKE, 1, 0, NULL, 0);
    return 1;
}

static int move_and_wake_lock(struct cell *cell)
{
    set(&cell->word, 1);
    return futex(&cell->word, FUTEX_REQUEUE, 0, 1, &cell->lock, 0) == 1 && wake_at(&cell->lock);
}

static int move_and_wake_elsewhere(struct cell *cell) { return move_elsewhere(cell) && wake_elsewhere(cell); }

/* Another word of the page is moved elsewhere, which nobody waits at. */
static int move_nobody(struct cell *cell)
{
    return futex(&cell->lock, FUTEX_REQUEUE, 1, 1, &elsewhere[cell->index], 0) == 0;
}

/* A wait that no library sees, at a block that is kept on its page. */
int mesh_pin(const void *) __attribute__((weak));

static int wait_bare(struct cell *cell)
{
    if (mesh_pin != NULL && mesh_pin(cell) != 0)
        return 0;
    while (get(&cell->word) == 0) {
        register const struct timespec *time __asm__("r10") = &patience;
        long result;
        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "0"(SYS_futex), "D"(&cell->word), "S"(FUTEX_WAIT), "d"(0), "r"(time)
                         : "rcx", "r11", "memory");
        if (result == -ETIMEDOUT)
            return 0;
    }
    return 1;
}

static int make_inheriting(struct cell *cell) { return futex(&cell->word, FUTEX_TRYLOCK_PI, 0, 0, NULL, 0) == 0; }

static int wait_inheriting(struct cell *cell)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SECONDS;
    return futex(&cell->word, FUTEX_LOCK_PI, 0, (uintptr_t)&until, NULL, 0) == 0
        && futex(&cell->word, FUTEX_UNLOCK_PI, 0, 0, NULL, 0) == 0;
}

static int wake_inheriting(struct cell *cell) { return futex(&cell->word, FUTEX_UNLOCK_PI, 0, 0, NULL, 0) == 0; }

/* Newer calls; an older kernel has none of them. */
struct waiter_of_many {
    uint64_t value, address;
    uint32_t flags, zero;
};
enum { CALL_WAITV = 449, CALL_WAKE = 454, CALL_WAIT = 455, CALL_REQUEUE = 456, SIZE_32 = 2 };

static int is_missing(long number) { return syscall(number, NULL, 0, 0, 0, 0, 0) == -1 && errno == ENOSYS; }

static int wait_many(struct cell *cell)
{
    if (is_missing(CALL_WAITV))
        return wait_word(cell);
    struct timespec until;
    struct waiter_of_many waiters[2] = {{0, (uintptr_t)&cell->lock, SIZE_32, 0}, {0, (uintptr_t)&cell->word, SIZE_32, 0}};
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SECONDS;
    while (get(&cell->word) == 0)
        if (syscall(CALL_WAITV, waiters, 2, 0, &until, CLOCK_MONOTONIC) < 0 && errno == ETIMEDOUT)
            return 0;
    return 1;
}

static int wait_newer(struct cell *cell)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SECONDS;
    while (get(&cell->word) == 0)
        if (is_missing(CALL_WAIT))
            return wait_word(cell);
        else if (syscall(CALL_WAIT, &cell->word, 0, -1u, SIZE_32, &until, CLOCK_MONOTONIC) && errno == ETIMEDOUT)
            return 0;
    return wait_at(&cell->lock);
}

static int wake_newer(struct cell *cell)
{
    struct waiter_of_many waiters[2] = {{1, (uintptr_t)&cell->word, SIZE_32, 0}, {0, (uintptr_t)&cell->lock, SIZE_32, 0}};
    if (is_missing(CALL_WAIT))
        return move_and_wake_lock(cell);
    set(&cell->word, 1);
    if (cell->index % 2 && syscall(CALL_WAKE, &cell->word, -1u, 1, SIZE_32) != 1)
        return 0;
    if (cell->index % 2 == 0 && syscall(CALL_REQUEUE, waiters, 0, 0, 1) != 1)
        return 0;
    set(&cell->lock, 1);
    futex(&cell->lock, FUTEX_WAKE, 1, 0, NULL, 0);
    return 1;
}

static const struct kind kinds[] = {
    {"FUTEX_WAIT, FUTEX_WAKE", wait_word, NULL, wake_word},
    {"FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET", wait_bits, NULL, wake_bits},
    {"FUTEX_WAKE_OP", wait_word, NULL, wake_and_change},
    {"FUTEX_WAKE_OP, the other word elsewhere", wait_word, NULL, wake_and_change_elsewhere},
    {"FUTEX_WAKE_OP, the first word elsewhere", wait_word, NULL, change_and_wake},
    {"FUTEX_CMP_REQUEUE before a mesh", wait_word_and_lock, move_to_lock, wake_lock},
    {"FUTEX_REQUEUE after a mesh", wait_word_and_lock, NULL, move_and_wake_lock},
    {"FUTEX_CMP_REQUEUE to elsewhere, before a mesh", wait_word_and_elsewhere, move_elsewhere, wake_elsewhere},
    {"FUTEX_CMP_REQUEUE to elsewhere, after a mesh", wait_word_and_elsewhere, NULL, move_and_wake_elsewhere},
    {"FUTEX_CMP_REQUEUE from elsewhere", wait_elsewhere_and_lock, move_from_elsewhere, wake_lock},
    {"two kinds of calls at one page", wait_word, move_nobody, wake_word},
    {"a bare wait at a pinned block", wait_bare, NULL, wake_word},
    {"FUTEX_LOCK_PI, FUTEX_UNLOCK_PI", wait_inheriting, NULL, wake_inheriting},
    {"futex_waitv", wait_many, NULL, wake_word},
    {"futex_wait, futex_wake, futex_requeue", wait_newer, NULL, wake_newer},
};

struct waiter {
    const struct kind *kind;
    struct cell *cell;
    pid_t thread;
    int woken;
};

static void *waits(void *argument)
{
    struct waiter *waiter = argument;
    __atomic_store_n(&waiter->thread, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    waiter->woken = waiter->kind->wait(waiter->cell);
    return NULL;
}

static void until_all_sleep(struct waiter *waiters)
{
    for (int i = 0; i < WAITERS; i++)
        until_asleep(&waiters[i].thread);
}

static void kind_of_call(const struct kind *kind)
{
    static struct cell *cells[CELLS], *others[CELLS * 9];
    struct waiter waiters[WAITERS];
    pthread_t threads[WAITERS];
    int good = 1;
    memset(elsewhere, 0, sizeof elsewhere);
    for (int i = 0; i < CELLS; i++) {
        cells[i] = calloc(1, sizeof *cells[i]);
        for (int k = 0; k < 9; k++)
            others[i * 9 + k] = malloc(sizeof *cells[i]);
    }
    for (int i = 0; i < CELLS * 9; i++)
        free(others[i]);
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = (struct waiter){kind, cells[i * (CELLS / WAITERS)], 0, 0};
        waiters[i].cell->index = i;
        if (kind->wait == wait_inheriting)
            good &= make_inheriting(waiters[i].cell);
        need("a thread", pthread_create(&threads[i], NULL, waits, &waiters[i]) == 0);
    }
    until_all_sleep(waiters);
    for (int i = 0; i < WAITERS && kind->move; i++)
        good &= kind->move(waiters[i].cell);
    until_all_sleep(waiters);
    compact();
    for (int i = 0; i < WAITERS; i++)
        good &= kind->wake(waiters[i].cell);
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(threads[i], NULL);
        good &= waiters[i].woken;
    }
    check(kind->name, good);
    for (int i = 0; i < CELLS; i++)
        free(cells[i]);
}

int main(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        kind_of_call(&kinds[i]);
    return 0;
}
