/* Functions that are called for the first time where the loader must not be asked. Arguments: what to look for. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

static void error_is_kept(void)
{
    struct stat record;
    need("no such library", !dlopen("/nonexistent/library.so", RTLD_NOW));
    check("the file is not there", stat("/nonexistent/library.so", &record) != 0);
    const char *error = dlerror();
    check("dlerror has it still", error && strstr(error, "nonexistent") != NULL);
}

static volatile int stop;

static void *load(void *name)
{
    while (!stop) {
        void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        if (library)
            dlclose(library);
    }
    return NULL;
}

/* Whether a child that only makes calls which handlers may make ends. */
static int ends(pid_t child)
{
    for (int i = 0; i < 4000; i++) {
        int status;
        if (syscall(SYS_wait4, child, &status, WNOHANG, NULL) == child)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        struct timespec moment = {0, 5000000};
        syscall(SYS_nanosleep, &moment, NULL);
    }
    kill(child, SIGKILL);
    return 0;
}

static void children_end(void)
{
    static char *names[] = {"libm.so.6", "librt.so.1"};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        need("a thread", pthread_create(&threads[i], NULL, load, names[i]) == 0);
    int all = 1;
    for (int i = 0; i < 600 && all; i++) {
        pid_t child = _Fork();
        if (child == 0) {
            struct stat record;
            int file = open("/dev/null", O_RDONLY);
            fstat(file, &record);
            fcntl(file, F_GETFD);
            _exit(0);
        }
        all = child > 0 && ends(child);
    }
    check("children of _Fork never wait for the loader", all);
    stop = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

int main(int count, char **arguments)
{
    need("what to look for", count == 2);
    if (strcmp(arguments[1], "error") == 0)
        error_is_kept();
    else
        children_end();
    return 0;
}
