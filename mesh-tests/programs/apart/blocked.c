/* Threads of the C library have all signals blocked, and so has it in some calls: what it writes then is not protected, be it
   its own or the program's. */
#define _GNU_SOURCE
#include "topics.h"
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 12, OBJECTS = 200 };

extern char **environ;

static void *objects[OBJECTS];

static void free_objects(void)
{
    for (size_t i = 0; i < OBJECTS; i++)
        free(objects[i]);
}

static atomic_uint expired;

static void expire(union sigval value)
{
    /* The thread is the program's by now. */
    unsigned *counter = value.sival_ptr;
    ++*counter;
    free(malloc(100));
    expired++;
}

static int timers(void)
{
    enum { TIMERS = 20 };
    sparse_objects(objects, OBJECTS, 48);
    int fine = 1;
    unsigned before = expired;
    for (size_t i = 0; i < TIMERS; i++) {
        struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = expire, .sigev_value.sival_ptr = objects[i]};
        fine &= timer_create(CLOCK_MONOTONIC, &event, objects[TIMERS + i]) == 0;
        struct itimerspec soon = {.it_value.tv_nsec = 100000};
        fine &= timer_settime(*(timer_t *)objects[TIMERS + i], 0, &soon, NULL) == 0;
    }
    compact();
    while (expired < before + TIMERS)
        usleep(100);
    for (size_t i = 0; i < TIMERS; i++)
        fine &= *(unsigned *)objects[i] == 1 && timer_delete(*(timer_t *)objects[TIMERS + i]) == 0;
    free_objects();
    return fine;
}

static int names(void)
{
    sparse_objects(objects, OBJECTS, sizeof(struct gaicb));
    struct gaicb **list = (struct gaicb **)objects;
    for (int i = 0; i < OBJECTS; i++)
        list[i]->ar_name = i % 2 ? "127.0.0.1" : "127.0.0.2";
    int fine = getaddrinfo_a(GAI_NOWAIT, list, OBJECTS, NULL) == 0;
    compact();
    for (int i = 0; i < OBJECTS; i++) {
        while (gai_error(list[i]) == EAI_INPROGRESS)
            usleep(100);
        fine &= gai_error(list[i]) == 0 && list[i]->ar_result != NULL;
        freeaddrinfo(list[i]->ar_result);
    }
    free_objects();
    return fine;
}

static int writes(int file)
{
    static const char bytes[200] = "written";
    sparse_objects(objects, OBJECTS, sizeof(struct aiocb));
    struct aiocb **list = (struct aiocb **)objects;
    int fine = 1;
    for (int i = 0; i < OBJECTS; i++) {
        list[i]->aio_fildes = file;
        list[i]->aio_buf = (void *)bytes;
        list[i]->aio_nbytes = sizeof bytes;
        fine &= aio_write(list[i]) == 0;
    }
    compact();
    for (int i = 0; i < OBJECTS; i++) {
        while (aio_error(list[i]) == EINPROGRESS)
            usleep(100);
        fine &= aio_return(list[i]) == sizeof bytes;
    }
    fine &= aio_fsync(O_SYNC, list[0]) == 0;
    while (aio_error(list[0]) == EINPROGRESS)
        usleep(100);
    fine &= aio_return(list[0]) == 0;
    free_objects();
    return fine;
}

static int processes(void)
{
    char *arguments[] = {"true", NULL};
    int fine = 1;
    sparse_objects(objects, OBJECTS, sizeof(pid_t));
    for (int i = 0; i < 5; i++) {
        pid_t *process = objects[i];
        int status = -1;
        fine &= posix_spawnp(process, "true", NULL, NULL, arguments, environ) == 0;
        fine = fine && waitpid(*process, &status, 0) == *process && status == 0;
    }
    free_objects();
    return fine;
}

static void *answer(void *argument)
{
    return argument;
}

static int threads(void)
{
    int fine = 1;
    sparse_objects(objects, OBJECTS, 2 * sizeof(pthread_t));
    for (int i = 0; i < OBJECTS; i++)
        fine &= pthread_create(objects[i], NULL, answer, environ) == 0;
    for (int i = 0; i < OBJECTS; i++) {
        void *result = NULL;
        fine &= pthread_join(*(pthread_t *)objects[i], &result) == 0 && result == environ;
    }
    free_objects();
    return fine;
}

void blocked(void)
{
    begin_meshing();
    char path[] = "/tmp/written-XXXXXX";
    int file = mkstemp(path), fine[5] = {1, 1, 1, 1, 1};
    need("a file", file >= 0);
    unlink(path);
    for (int i = 0; i < ROUNDS; i++) {
        fine[0] &= timers();
        fine[1] &= names();
        fine[2] &= writes(file);
        fine[3] &= processes();
        fine[4] &= threads();
    }
    check("timers with threads", fine[0]);
    check("names that are looked up", fine[1]);
    check("writes that go on", fine[2]);
    check("processes", fine[3]);
    check("threads", fine[4]);
    stop_meshing();
}
