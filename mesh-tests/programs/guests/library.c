/* Guests for whom the C library has threads of its own: timers, and names that are looked up. */
#include "house.h"
#include <netdb.h>
#include <semaphore.h>

struct timing {
    sem_t rung;
    atomic_int rings;
};

static void ring(union sigval value)
{
    struct timing *timing = value.sival_ptr;
    atomic_fetch_add(&timing->rings, 1);
    sem_post(&timing->rung);
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        if (errno != EINTR)
            fail("timers", "sem_wait");
}

void round_of_timers(struct belongings *mine)
{
    struct timing *timing = malloc(sizeof *timing);
    timer_t *timer = malloc(sizeof *timer);
    struct sigevent *event = calloc(1, sizeof *event);
    struct itimerspec once = {.it_value.tv_nsec = 100000 + (long)(next_random(&mine->state) % 1000000)};
    if (!timing || !timer || !event)
        fail("timers", "null");
    sem_init(&timing->rung, 0, 0);
    timing->rings = 0;
    event->sigev_notify = SIGEV_THREAD;
    event->sigev_notify_function = ring;
    event->sigev_value.sival_ptr = timing;
    if (timer_create(CLOCK_MONOTONIC, event, timer) != 0 || timer_settime(*timer, 0, &once, NULL) != 0)
        fail("timers", "no timer");
    wait_for(&timing->rung);
    if (timing->rings != 1)
        fail("timers", "rang more than once");
    timer_delete(*timer);
    /* The thread that rang may still be on its way out of sem_post. */
    struct timespec nap = {0, 1000000};
    nanosleep(&nap, NULL);
    sem_destroy(&timing->rung);
    free(timing);
    free(timer);
    free(event);
}

void round_of_names(struct belongings *mine)
{
    struct addrinfo *found = NULL;
    struct gaicb *request = calloc(1, sizeof *request);
    struct gaicb *list[] = {request};
    if (!request)
        fail("names", "null");
    int error = getaddrinfo("127.0.0.1", "80", NULL, &found);
    if (error != 0)
        fail("names", gai_strerror(error));
    freeaddrinfo(found);
    request->ar_name = "127.0.0.1";
    error = getaddrinfo_a(next_random(&mine->state) % 2 ? GAI_WAIT : GAI_NOWAIT, list, 1, NULL);
    if (error != 0)
        fail("names", gai_strerror(error));
    while ((error = gai_error(request)) == EAI_INPROGRESS) {
        const struct gaicb *const waited[] = {request};
        gai_suspend(waited, 1, NULL);
    }
    if (error != 0 || !request->ar_result)
        fail("names", "nothing was found");
    freeaddrinfo(request->ar_result);
    free(request);
}
