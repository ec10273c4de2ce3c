/* Words in small blocks that the kernel writes to at times of its own, while these are meshed: areas of restartable sequences,
   and the numbers of threads that begin and end. The thread that meshes is interrupted by all others, as in `hazards`. Nobody
   else writes to a block after it may have been protected: who does waits for the mesh. */
#define _GNU_SOURCE
#include "../hazards/blocks.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { STACK = 16384, ROUNDS = 20, THREADS = 300, DUPLICATES = 3, USERS = 3, SECONDS = 10 };

static atomic_int stop;
static const struct timespec patience = {SECONDS, 0};

static int get(int *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }

static void *mesh(void *unused)
{
    struct sched_param parameters = {0};
    (void)unused;
    need("idle times", sched_setscheduler(0, SCHED_IDLE, &parameters) == 0);
    while (!stop)
        compact();
    return NULL;
}

/* Waits until the kernel has cleared the word. */
static int cleared(int *word)
{
    int number;
    while ((number = get(word)) != 0)
        if (syscall(SYS_futex, word, FUTEX_WAIT, number, &patience, NULL, 0) && errno == ETIMEDOUT)
            return get(word) == 0;
    return 1;
}

enum { SHARED = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM };

/* A thread without the C library, which shares its words with its maker: it makes system calls only. */
static int ends(void *argument)
{
    (void)argument;
    syscall(SYS_exit, 0);
    return 0;
}

static int registers(void *word)
{
    syscall(SYS_set_tid_address, word);
    syscall(SYS_exit, 0);
    return 0;
}

static int thread_by_flags(char *stack, int *word)
{
    int *other = word + 1;
    int flags = SHARED | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_PARENT_SETTID;
    pid_t number = clone(ends, stack + STACK, flags, NULL, other, NULL, word);
    return number > 0 && get(other) == number && cleared(word);
}

static int thread_by_call(char *stack, int *word)
{
    return clone(registers, stack + STACK, SHARED, word) > 0 && cleared(word);
}

/* Threads whose ends are seen by words of the heap; `make` makes one. */
static int threads_end(int (*make)(char *stack, int *word))
{
    struct blocks blocks = {.heap = {0}, .next = 0, .seed = 1};
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int good = stack != MAP_FAILED;
    for (int round = 0; round < ROUNDS && good; round++) {
        blocks_renew(&blocks);
        for (int i = 0; i < THREADS && good; i++)
            good &= make(stack, (int *)block_of(&blocks, 2 * sizeof(int)));
    }
    sparse_free(&blocks.heap);
    munmap(stack, STACK);
    return good;
}

/* A child with a memory of its own finds its number, and so does its parent. */
static int duplicate(struct blocks *blocks)
{
    int *word = (int *)block_of(blocks, sizeof(int)), *other = (int *)block_of(blocks, sizeof(int)), status = -1;
    long flags = CLONE_CHILD_SETTID | CLONE_PARENT_SETTID | SIGCHLD;
    pid_t child = (pid_t)syscall(SYS_clone, flags, 0, other, word, 0);
    if (child == 0)
        _exit(get(word) != getpid());
    return child > 0 && get(other) == child && waitpid(child, &status, 0) == child && status == 0;
}

static int duplicates(void)
{
    struct blocks blocks = {.heap = {0}, .next = 0, .seed = 2};
    int good = 1;
    for (int round = 0; round < ROUNDS; round++) {
        blocks_renew(&blocks);
        for (int i = 0; i < DUPLICATES; i++)
            good &= duplicate(&blocks);
    }
    sparse_free(&blocks.heap);
    return good;
}

struct area {
    unsigned start, processor;
    unsigned long sequence;
    unsigned flags, rest[3];
} __attribute__((aligned(32)));

enum { AREA = 32, GIVE_UP = 1, SIGNATURE = 0x53053053 };

/* Objects that areas are put into while they are meshed. */
enum { OBJECTS = 24000, ONE_IN = 12, OBJECT = 2 * AREA };
static char *objects[OBJECTS / ONE_IN];
static atomic_int is_meshed, users;

/* Has an area for two milliseconds, in which the thread is preempted. */
static int in_area(char *object)
{
    struct area *area = (struct area *)(((uintptr_t)object + AREA - 1) & ~(uintptr_t)(AREA - 1));
    struct timespec now, begin;
    memset(area, 0, sizeof *area);
    area->processor = -1u;
    if (syscall(SYS_rseq, area, AREA, 0, SIGNATURE))
        return errno == ENOSYS;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        sched_yield();
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec < 2000000);
    return area->processor != -1u && syscall(SYS_rseq, area, AREA, GIVE_UP, SIGNATURE) == 0;
}

static void *has_areas(void *number)
{
    unsigned seed = (unsigned)(uintptr_t)number;
    intptr_t good = 1;
    while (!stop) {
        users++;
        if (is_meshed)
            good &= in_area(objects[next_random(&seed) % (OBJECTS / ONE_IN)]);
        users--;
        sched_yield();
    }
    return (void *)good;
}

static int areas(void)
{
    static char *all[OBJECTS];
    pthread_t threads[USERS];
    unsigned seed = 1;
    int good = 1;
    for (uintptr_t i = 0; i < USERS; i++)
        need("a thread", pthread_create(&threads[i], NULL, has_areas, (void *)(i + 1)) == 0);
    for (int round = 0; round < 80; round++) {
        for (int i = 0; i < OBJECTS; i++)
            all[i] = malloc(OBJECT);
        for (int i = 0; i < OBJECTS; i++) {
            int lucky = i / ONE_IN * ONE_IN + (int)(next_random(&seed) % ONE_IN);
            if (i % ONE_IN == 0)
                objects[i / ONE_IN] = all[lucky], all[lucky] = NULL;
        }
        for (int i = 0; i < OBJECTS; i++)
            free(all[i]);
        is_meshed = 1;
        compact();
        is_meshed = 0;
        while (users)
            sched_yield();
        for (int i = 0; i < OBJECTS / ONE_IN; i++)
            free(objects[i]);
    }
    stop = 1;
    for (int i = 0; i < USERS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        good &= result != NULL;
    }
    return good;
}

static void share_one_processor(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(sched_getcpu(), &set);
    need("one processor", sched_setaffinity(0, sizeof set, &set) == 0);
    prctl(PR_SET_TIMERSLACK, 1);
}

/* Runs `act` beside a thread that meshes. */
static int beside_mesher(int (*act)(void))
{
    pthread_t mesher;
    stop = 0;
    need("a thread", pthread_create(&mesher, NULL, mesh, NULL) == 0);
    int good = act();
    stop = 1;
    pthread_join(mesher, NULL);
    return good;
}

static int cloned(void) { return threads_end(thread_by_flags); }
static int registered(void) { return threads_end(thread_by_call); }

int main(void)
{
    check("areas of restartable sequences", areas());
    share_one_processor();
    check("threads that are cloned", beside_mesher(cloned));
    check("threads that register a word", beside_mesher(registered));
    check("children that are cloned", beside_mesher(duplicates));
    return 0;
}
