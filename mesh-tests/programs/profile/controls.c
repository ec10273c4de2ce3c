/* mesh_mallctl("prof.…") with a heap profile, and a child that has one of its own. The argument names a file. */
#include "../check.h"
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern int mesh_mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size) __attribute__((weak));

static int dump(const char *file)
{
    return mesh_mallctl("prof.dump", NULL, NULL, &file, sizeof file);
}

static int flag(const char *name)
{
    char value = 77;
    size_t size = sizeof value;
    return mesh_mallctl(name, &value, &size, NULL, 0) ? -1 : value;
}

static int is_there(const char *file)
{
    struct stat status;
    return stat(file, &status) == 0 && status.st_size > 128;
}

static int is_there_numbered(int number, char kind)
{
    char name[64];
    snprintf(name, sizeof name, "mesh.%d.%d.%c.heap", (int)getpid(), number, kind);
    return is_there(name);
}

static void hold(void)
{
    for (int i = 0; i < 2000; i++)
        need("a block", malloc(1000) != NULL);
}

int main(int count, char **arguments)
{
    need("a file", count == 2);
    size_t log = 0, size = sizeof log;
    check("there is a profile", flag("opt.prof") == 1 && flag("config.prof") == 1);
    check("no samples at first", flag("prof.active") == 0 && flag("opt.prof_active") == 0);
    hold();
    char on = 1;
    check("samples from now on", mesh_mallctl("prof.active", NULL, NULL, &on, 1) == 0);
    check("they are taken", flag("prof.active") == 1);
    check("the interval", mesh_mallctl("prof.lg_sample", &log, &size, NULL, 0) == 0 && log == 12);
    hold();
    check("a file by its name", dump(arguments[1]) == 0 && is_there(arguments[1]));
    check("one by its number", dump(NULL) == 0 && is_there_numbered(0, 'm'));
    check("the next one", mesh_mallctl("prof.dump", NULL, NULL, NULL, 0) == 0 && is_there_numbered(1, 'm'));
    errno = 77;
    check("no file is EFAULT", dump("/no/such/directory/file") == EFAULT && errno == 77);
    check("a full device is EFAULT", dump("/dev/full") == EFAULT);
    check("nothing to read", mesh_mallctl("prof.dump", &log, &size, NULL, 0) == EPERM);
    need("a signal", raise(SIGUSR2) == 0);
    free(malloc(100));
    check("a signal asks", is_there_numbered(2, 's'));
    pid_t child = fork();
    if (child == 0)
    {
        hold();
        exit(dump(NULL) == 0 && is_there_numbered(3, 'm') ? 0 : 1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    check("the child writes its own", status == 0);
    check("reset", mesh_mallctl("prof.reset", NULL, NULL, NULL, 0) == 0);
    hold();
    return 0;
}
