/* Threads make every call that writes to memory, with blocks of heaps that are meshed all the time.

   All threads share one processor, and the one that meshes gets it when no other wants it. So it is interrupted in the
   middle of a mesh for as long as the others run, and they meet the page that it has protected. */
#include "blocks.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 2, ROUNDS = 60, CALLS = 6, MOST = 64 };

static const struct call *const topics[] = {byte_calls, record_calls, event_calls, library_calls};
enum { TOPICS = sizeof topics / sizeof *topics };

static pid_t child;
static atomic_int stop, failures[TOPICS][MOST];

static void things_open(struct things *things)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct timeval second = {1, 0};
    struct epoll_event event = {EPOLLOUT, {.u32 = 42}};
    char path[] = "./hazards-XXXXXX";
    things->child = child;
    things->number = 0;
    things->file = mkstemp(path);
    unlink(path);
    paint(things->message, sizeof things->message, 0);
    need("a file", write(things->file, things->message, sizeof things->message) == sizeof things->message);
    need("a pipe", pipe(things->pipe) == 0);
    need("sockets", socketpair(AF_UNIX, SOCK_DGRAM, 0, things->packets) == 0
                        && socketpair(AF_UNIX, SOCK_STREAM, 0, things->stream) == 0);
    setsockopt(things->packets[0], SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    things->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    /* A name of the abstract kind, made by the kernel. */
    need("a listener", bind(things->listener, (struct sockaddr *)&name, sizeof(sa_family_t)) == 0
                           && listen(things->listener, 8) == 0);
    things->set = epoll_create1(0);
    need("events", epoll_ctl(things->set, EPOLL_CTL_ADD, things->pipe[1], &event) == 0);
    things->event = eventfd(0, 0);
    things->timer = timerfd_create(CLOCK_MONOTONIC, 0);
    things->directory = open("/", O_RDONLY | O_DIRECTORY);
    things->queue = msgget(IPC_PRIVATE, 0600);
}

static void things_close(struct things *things)
{
    int files[] = {things->file, things->pipe[0], things->pipe[1], things->stream[0], things->stream[1],
                   things->packets[0], things->packets[1], things->listener, things->set, things->event,
                   things->timer, things->directory};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        close(files[i]);
    if (things->queue >= 0)
        msgctl(things->queue, IPC_RMID, NULL);
}

static void *caller(void *number)
{
    struct blocks blocks = {.heap = {0}, .next = 0, .seed = (unsigned)(uintptr_t)number * 1000};
    struct things things;
    things_open(&things);
    prctl(PR_SET_TIMERSLACK, 1);
    for (int round = 0; round < ROUNDS; round++) {
        blocks_renew(&blocks);
        for (int topic = 0; topic < TOPICS; topic++)
            for (int call = 0; topics[topic][call].name; call++)
                for (int again = 0; again < CALLS; again++) {
                    errno = 0;
                    if (!topics[topic][call].run(&blocks, &things) && !failures[topic][call]++)
                        printf("%s: %s\n", topics[topic][call].name, strerror(errno));
                }
    }
    sparse_free(&blocks.heap);
    things_close(&things);
    return NULL;
}

/* Meshes what the others have. */
static void *mesh(void *unused)
{
    struct sched_param parameters = {0};
    (void)unused;
    need("idle times", sched_setscheduler(0, SCHED_IDLE, &parameters) == 0);
    while (!stop)
        compact();
    return NULL;
}

static void share_one_processor(void)
{
    cpu_set_t set;
    int processor = 0;
    need("processors", sched_getaffinity(0, sizeof set, &set) == 0);
    while (!CPU_ISSET(processor, &set))
        processor++;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    need("one processor", sched_setaffinity(0, sizeof set, &set) == 0);
}

int main(void)
{
    pthread_t threads[THREADS], mesher;
    need("a child", (child = fork()) >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    share_one_processor();
    pthread_create(&mesher, NULL, mesh, NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, caller, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    stop = 1;
    pthread_join(mesher, NULL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    for (int topic = 0; topic < TOPICS; topic++)
        for (int call = 0; topics[topic][call].name; call++)
            check(topics[topic][call].name, failures[topic][call] == 0);
    return 0;
}
