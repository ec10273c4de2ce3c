/* A program begins a thread of the library's, and ends it, by name. With an argument its user has forbidden one. */
#include "../check.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

typedef int control(const char *, void *, size_t *, void *, size_t);

static control *mallctl_of_mesh;

static size_t threads(void)
{
    struct stat status;
    need("/proc", stat("/proc/self/task", &status) == 0);
    return status.st_nlink - 2;
}

/* Whether there come to be so many threads within some seconds. */
static int become(size_t count)
{
    for (int i = 0; i < 500 && threads() != count; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    return threads() == count;
}

static int set(bool on)
{
    return mallctl_of_mesh("background_thread", NULL, NULL, &on, sizeof on);
}

static int is_on(void)
{
    bool on = false;
    size_t size = sizeof on;
    need("background_thread", mallctl_of_mesh("background_thread", &on, &size, NULL, 0) == 0);
    return on;
}

int main(int count, char **arguments)
{
    (void)arguments;
    mallctl_of_mesh = (control *)dlsym(RTLD_DEFAULT, "mesh_mallctl");
    need("the library", mallctl_of_mesh != NULL);
    check("there is none", !is_on() && threads() == 1);
    if (count > 1) {
        check("none is permitted", set(true) == EPERM && !is_on());
        check("that there is none is permitted", set(false) == 0);
        check("there is none still", threads() == 1);
        return 0;
    }
    for (int i = 0; i < 3; i++) {
        check("one begins", set(true) == 0 && is_on() && become(2));
        check("it may begin again", set(true) == 0 && is_on() && threads() == 2);
        check("it ends", set(false) == 0 && !is_on() && become(1));
    }
    /* The second one may take the place of the first, which ends, at any time. */
    int runs = 1;
    for (int i = 0; i < 200; i++)
        runs = runs && set(true) == 0 && set(false) == 0;
    check("often", runs && become(1));
    check("and once more", set(true) == 0 && is_on() && become(2));
    return 0;
}
