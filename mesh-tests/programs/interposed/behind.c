/* Runs with the library of front.c, before or behind the allocator. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

int main(void)
{
    struct timespec shown, true_time, moment = {0, 2000000};
    free(malloc(100));
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &true_time);
    clock_gettime(CLOCK_REALTIME, &shown);
    check("the library's time is shown", true_time.tv_sec - shown.tv_sec > 900000);
    check("a sleep works", nanosleep(&moment, NULL) == 0);
    long *seen = (long *)dlsym(RTLD_DEFAULT, "sleeps_seen");
    check("and the library sees it", seen && *seen >= 1);
    return 0;
}
