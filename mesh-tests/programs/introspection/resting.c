/* Threads that worked and sleep keep little, whatever they sleep in; those that go on working keep more. */
#define _GNU_SOURCE
#include "aside.h"
#include <linux/futex.h>
#include <mesh.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 12, SET = 200, LITTLE = 8 << 10, LOOKS = 4000 };

static int pipe_ends[2], sockets[2], epoll_set;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static pthread_barrier_t barrier;
static int word;
static int released;
static atomic_int over;

static void in_read(void) { char byte; read(pipe_ends[0], &byte, 1); }
static void in_recv(void) { char byte; recv(sockets[0], &byte, 1, MSG_PEEK); }
static void in_poll(void) { struct pollfd file = {pipe_ends[0], POLLIN, 0}; poll(&file, 1, -1); }
static void in_epoll(void) { struct epoll_event event; epoll_wait(epoll_set, &event, 1, -1); }
static void in_semaphore(void) { sem_wait(&semaphore); }
static void in_barrier(void) { pthread_barrier_wait(&barrier); }
static void in_futex(void) { syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0); }
static void in_work(void) { while (!over) sched_yield(); }

static void in_condition(void)
{
    pthread_mutex_lock(&mutex);
    while (!released)
        pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
}

static void end_of_pipe(void) { close(pipe_ends[1]); }
static void end_of_socket(void) { shutdown(sockets[1], SHUT_RDWR); }
static void end_of_work(void) { over = 1; }
static void end_of_barrier(void) { pthread_barrier_wait(&barrier); }

static void end_of_semaphore(void)
{
    for (int i = 0; i < THREADS; i++)
        sem_post(&semaphore);
}

static void end_of_futex(void)
{
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, THREADS, NULL, NULL, 0);
}

static void end_of_condition(void)
{
    pthread_mutex_lock(&mutex);
    released = 1;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
}

static const struct way {
    const char *name;
    void (*wait)(void), (*end)(void);
} ways[] = {
    {"read", in_read, end_of_pipe},
    {"recv", in_recv, end_of_socket},
    {"poll", in_poll, end_of_pipe},
    {"epoll_wait", in_epoll, end_of_pipe},
    {"pthread_cond_wait", in_condition, end_of_condition},
    {"sem_wait", in_semaphore, end_of_semaphore},
    {"pthread_barrier_wait", in_barrier, end_of_barrier},
    {"futex", in_futex, end_of_futex},
    {"its own work", in_work, end_of_work},
};

static atomic_int spoiled, waiting;

static void *work_and_wait(void *argument)
{
    const struct way *way = argument;
#ifdef ASIDE
    have_alternate_stack();
#endif
    unsigned state = (unsigned)(size_t)&state;
    void *blocks[SET];
    for (int i = 0; i < SET; i++)
        paint(blocks[i] = malloc(1 + i * 10), 1 + i * 10, i);
    for (int i = 10; i < SET; i++)
        free(blocks[i]);
    waiting++;
    way->wait();
    for (int i = 0; i < 10; i++) {
        spoiled |= !painted(blocks[i], 1 + i * 10, i);
        free(blocks[i]);
    }
    /* What the thread needs it gets as before. */
    for (int i = 0; i < SET; i++) {
        void *block = malloc(1 + next_random(&state) % 2000);
        memset(block, 1, 1);
        free(block);
    }
    return NULL;
}

static size_t kept(void)
{
    size_t value = 0, size = sizeof value;
    need("mesh.kept_bytes", mesh_mallctl("mesh.kept_bytes", &value, &size, NULL, 0) == 0);
    return value;
}

/* Whether threads that wait this way come to keep little. */
static int is_relieved(const struct way *way)
{
    struct epoll_event in = {.events = EPOLLIN};
    released = over = word = waiting = 0;
    need("a pipe", pipe(pipe_ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    epoll_set = epoll_create1(0);
    need("epoll", epoll_ctl(epoll_set, EPOLL_CTL_ADD, pipe_ends[0], &in) == 0);
    sem_init(&semaphore, 0, 0);
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        need("a thread", pthread_create(&threads[i], NULL, work_and_wait, (void *)way) == 0);
    while (waiting < THREADS)
        sched_yield();
    /* The main thread keeps nothing, and each of the others a little. */
    mesh_mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
    int relieved = 0;
    int looks = way->wait == in_work ? LOOKS / 10 : LOOKS;
    for (int i = 0; i < looks && !relieved; i++) {
        relieved = kept() <= THREADS * LITTLE;
        usleep(1000);
    }
    way->end();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    int files[] = {pipe_ends[0], sockets[0], sockets[1], epoll_set};
    for (int i = 0; i < 4; i++)
        close(files[i]);
    if (way->end != end_of_pipe)
        close(pipe_ends[1]);
    return relieved;
}

static void never(int signal) { _exit(signal); }

int main(void)
{
#ifdef ASIDE
    set_handler(never);
#else
    (void)never;
#endif
    size_t count = sizeof ways / sizeof *ways;
    for (size_t i = 0; i < count; i++) {
        int works = ways[i].wait == in_work;
        char name[80];
        snprintf(name, sizeof name, "threads in %s keep %s", ways[i].name, works ? "more" : "little");
        check(name, is_relieved(&ways[i]) == !works);
    }
    check("blocks are whole", !spoiled);
    return 0;
}
