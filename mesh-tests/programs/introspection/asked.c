/* A map is asked for by SIGUSR2 while the program does something, with MESH_MAP=map.%p: "working", "steady" work that needs no
   new memory, or a wait in which it expects no signal. A second process asks, takes each map to a file of its own as soon as
   it is there, and ends the wait. */
#define _GNU_SOURCE
#include "../check.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 20000, SIZE = 256, TIMES = 3, LOOKS = 5000, LOOK_US = 1000, MILLISECONDS = 400 };

static void *blocks[BLOCKS];

static void name_map(char *name, size_t size, pid_t process)
{
    snprintf(name, size, "map.%d", (int)process);
}

/* Whether the process has a map, within so many looks. */
static int has_map(pid_t process, int looks)
{
    char name[64];
    name_map(name, sizeof name, process);
    while (looks-- > 0) {
        if (access(name, F_OK) == 0)
            return 1;
        usleep(LOOK_US);
    }
    return 0;
}

/* Puts the map of the process aside. */
static void take_map(pid_t process, int time)
{
    char name[64], kept[64];
    name_map(name, sizeof name, process);
    snprintf(kept, sizeof kept, "kept.%d.%d", (int)process, time);
    need("the map is taken", rename(name, kept) == 0);
}

/* Asks several times: at once, and then when the program has waited for a while. */
static int ask(pid_t program, int to)
{
    int all = 1;
    for (int time = 0; time < TIMES && all; time++) {
        usleep(40000 * (useconds_t)time);
        need("a signal", kill(program, SIGUSR2) == 0);
        all = has_map(program, LOOKS);
        if (all)
            take_map(program, time);
    }
    need("the end", write(to, "e", 1) == 1);
    return all ? 0 : 1;
}

/* Frees and fills the table until the pipe has something. */
static int work(int from)
{
    static unsigned state = 1;
    struct pollfd file = {from, POLLIN, 0};
    for (;;) {
        for (int i = 0; i < BLOCKS; i++) {
            int which = (int)(next_random(&state) % BLOCKS);
            free(blocks[which]);
            need("memory", (blocks[which] = malloc(SIZE / 2 + next_random(&state) % SIZE)) != NULL);
        }
        int got = poll(&file, 1, 0);
        if (got != 0)
            return got;
    }
}

/* Takes and frees one block until the pipe has something: the thread has all it needs. */
static int work_steadily(int from)
{
    struct pollfd file = {from, POLLIN, 0};
    int got = 0;
    while (got == 0) {
        for (int i = 0; i < BLOCKS; i++)
            free((void *)opaque((size_t)malloc(SIZE)));
        got = poll(&file, 1, 0);
    }
    return got;
}

static int wait_for(const char *how, int from)
{
    struct epoll_event event = {.events = EPOLLIN};
    struct pollfd file = {from, POLLIN, 0};
    struct timespec minute = {60, 0};
    sigset_t nothing;
    fd_set files;
    int set = epoll_create1(0);
    need("epoll", set >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, from, &event) == 0);
    FD_ZERO(&files);
    FD_SET(from, &files);
    sigemptyset(&nothing);
    if (strcmp(how, "working") == 0)
        return work(from);
    if (strcmp(how, "steady") == 0)
        return work_steadily(from);
    if (strcmp(how, "epoll_wait") == 0)
        return epoll_wait(set, &event, 1, -1);
    if (strcmp(how, "a minute") == 0)
        return epoll_wait(set, &event, 1, 60000);
    if (strcmp(how, "epoll_pwait") == 0)
        return epoll_pwait(set, &event, 1, -1, &nothing);
    if (strcmp(how, "poll") == 0)
        return poll(&file, 1, -1);
    if (strcmp(how, "ppoll") == 0)
        return ppoll(&file, 1, &minute, &nothing);
    if (strcmp(how, "select") == 0)
        return select(from + 1, &files, NULL, NULL, NULL);
    if (strcmp(how, "pselect") == 0)
        return pselect(from + 1, &files, NULL, NULL, &minute, &nothing);
    need("a known way", 0);
    return -1;
}

static long now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* A sleep that says whether it was cut short. */
static int sleep_by(const char *how)
{
    struct timespec time = {0, MILLISECONDS * 1000000L}, end;
    struct timeval brief = {0, MILLISECONDS * 1000};
    if (strcmp(how, "nanosleep") == 0)
        return nanosleep(&time, NULL);
    if (strcmp(how, "clock_nanosleep") == 0)
        return clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
    if (strcmp(how, "until") == 0) {
        clock_gettime(CLOCK_MONOTONIC, &end);
        end.tv_nsec += time.tv_nsec;
        end.tv_sec += end.tv_nsec / 1000000000;
        end.tv_nsec %= 1000000000;
        return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
    }
    if (strcmp(how, "usleep") == 0)
        return usleep(MILLISECONDS * 1000);
    if (strcmp(how, "sleep") == 0)
        return (int)sleep(1);
    if (strcmp(how, "brief select") == 0)
        return select(0, NULL, NULL, NULL, &brief);
    return 100;
}

/* A wait, with the process beside it that asks. */
static void wait_beside(const char *how)
{
    int pipes[2], status;
    char byte;
    need("a pipe", pipe(pipes) == 0);
    pid_t program = getpid(), other = fork();
    need("fork", other >= 0);
    if (other == 0)
        _exit(ask(program, pipes[1]));
    long before = now_ms();
    int slept = sleep_by(how);
    if (slept != 100) {
        check("the sleep lasts to its end", slept == 0 && now_ms() - before >= MILLISECONDS);
    } else {
        int got = wait_for(how, pipes[0]);
        check("the wait ends by what it waits for", got == 1);
    }
    /* A map may still be asked for after a sleep. */
    struct pollfd file = {pipes[0], POLLIN, 0};
    need("the end", poll(&file, 1, -1) == 1 && read(pipes[0], &byte, 1) == 1);
    need("the other ends", waitpid(other, &status, 0) == other);
    check("each time there was a map", status == 0);
}

static volatile sig_atomic_t caught;

static void handle(int number)
{
    (void)number;
    caught++;
}

/* With a handler of its own for another signal, a program expects that waits end. */
static void wait_with_handlers(void)
{
    need("a handler", signal(SIGUSR1, handle) != SIG_ERR);
    pid_t program = getpid(), other = fork();
    need("fork", other >= 0);
    if (other == 0) {
        usleep(50000);
        _exit(kill(program, SIGUSR2) == 0 ? 0 : 1);
    }
    int got = poll(NULL, 0, -1), error = errno;
    check("the wait ends, as signals end it", got == -1 && error == EINTR && caught == 0);
    check("the map is there by then", has_map(program, 1));
    take_map(program, 0);
    while (waitpid(other, NULL, 0) < 0)
        need("the other", errno == EINTR);
}

/* The handler that the program installs is the program's. */
static void replace(void)
{
    need("a handler", signal(SIGUSR2, handle) != SIG_ERR);
    raise(SIGUSR2);
    for (int i = 0; i < BLOCKS; i++)
        need("memory", (blocks[i] = realloc(blocks[i], SIZE * 8)) != NULL);
    usleep(1000);
    check("the program's handler ran", caught == 1);
    check("there is no map", !has_map(getpid(), 1));
}

/* What the parent was asked for is not the child's business; what the child is asked for is. */
static void forked(void)
{
    raise(SIGUSR2);
    pid_t child = fork();
    need("fork", child >= 0);
    pid_t own = getpid();
    for (int i = 0; i < BLOCKS; i++)
        need("memory", malloc(SIZE) != NULL);
    if (child == 0) {
        check("the child has no map that it was not asked for", !has_map(own, 1));
        raise(SIGUSR2);
        check("it has one when it is asked", has_map(own, LOOKS));
        take_map(own, 0);
        fflush(stdout);
        _exit(0);
    }
    check("the parent has its map", has_map(own, LOOKS));
    take_map(own, 0);
    need("the child ends", waitpid(child, NULL, 0) == child);
}

/* Asks itself by a real-time signal, and leaves without the map that is written at exit. */
static void leave(void)
{
    raise(SIGRTMIN + 2);
    errno = 77;
    for (int i = 0; i < BLOCKS; i++)
        need("memory", malloc(SIZE) != NULL);
    check("errno stays", errno == 77);
    _exit(0);
}

int main(int count, char **arguments)
{
    need("a way", count == 2);
    const char *how = arguments[1];
    for (int i = 0; i < BLOCKS; i++)
        need("memory", (blocks[i] = malloc(SIZE)) != NULL);
    if (strcmp(how, "handlers") == 0)
        wait_with_handlers();
    else if (strcmp(how, "replaced") == 0)
        replace();
    else if (strcmp(how, "forked") == 0)
        forked();
    else if (strcmp(how, "leaves") == 0)
        leave();
    else
        wait_beside(how);
    return 0;
}
