/* Other programs started from a process with busy threads. */
#define _GNU_SOURCE
#include "family.h"
#include <spawn.h>

extern char **environ;

enum { TIMES = 30, THREADS = 2 };

static char *const echo[] = {"/bin/echo", "-n", "said", NULL};
static char *const nothing[] = {"/bin/true", NULL};

static int by_vfork(void)
{
    pid_t child = vfork();
    if (child == 0) {
        execv(nothing[0], nothing);
        _exit(127);
    }
    return well(child);
}

static int by_spawn(void)
{
    pid_t child;
    return posix_spawn(&child, nothing[0], NULL, NULL, nothing, environ) == 0 && well(child);
}

static int by_popen(void)
{
    char line[16] = "";
    FILE *pipe = popen("/bin/echo -n said", "r");
    return pipe && fgets(line, sizeof line, pipe) && pclose(pipe) == 0 && strcmp(line, "said") == 0;
}

static int by_fork_and_exec(void)
{
    int ends[2];
    char said[8] = "";
    if (pipe(ends) != 0)
        return 0;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        execv(echo[0], echo);
        _exit(127);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], said, sizeof said);
    close(ends[0]);
    return well(child) && length == 4 && memcmp(said, "said", 4) == 0;
}

void programs(void)
{
    pthread_t threads[THREADS];
    int vforked = 0, spawned = 0, systems = 0, popened = 0, forked = 0;
    start_threads(threads, THREADS);
    struct sparse heap = sparse_new(5000, 10, 1);
    compact();
    for (int i = 0; i < TIMES; i++) {
        vforked += by_vfork();
        spawned += by_spawn();
        systems += system("exit 3") == 3 << 8;
        popened += by_popen();
        forked += by_fork_and_exec();
    }
    check("vfork and exec", vforked == TIMES);
    check("posix_spawn", spawned == TIMES);
    check("system", systems == TIMES);
    check("popen", popened == TIMES);
    check("fork and exec", forked == TIMES);
    check("the heap is as before", sparse_painted(&heap, 1));
    join_threads(threads, THREADS);
    check("the threads kept their blocks", !spoiled);
    sparse_free(&heap);
}
