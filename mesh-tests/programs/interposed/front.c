/* A library in front of the C library that shows another time, and allocates and asks the loader when it is first called. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int (*next_clock)(clockid_t, struct timespec *);
static int (*next_sleep)(const struct timespec *, struct timespec *);
static int depth;
long sleeps_seen;

static void begin(void)
{
    if (next_clock)
        return;
    if (++depth > 20)
        abort();
    free(calloc(3, 700));
    next_sleep = (int (*)(const struct timespec *, struct timespec *))dlsym(RTLD_NEXT, "nanosleep");
    next_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    depth--;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    begin();
    int result = next_clock(clock, time);
    time->tv_sec -= 1000000;
    return result;
}

pid_t getpid(void)
{
    begin();
    return (pid_t)syscall(SYS_getpid);
}

/* What the program, or a library in front of us, calls as the next one. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
    begin();
    sleeps_seen++;
    return next_sleep(time, left);
}
