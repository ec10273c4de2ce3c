/* What only a process without other threads may do, or must do in each of its threads; and how such a process ends. */
#define _GNU_SOURCE
#include "../sparse.h"
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* Threads of this process whose user is not `user`. */
static int threads_of_others(int user)
{
    int others = 0;
    DIR *tasks = opendir("/proc/self/task");
    need("the list of threads", tasks != NULL);
    for (struct dirent *task; (task = readdir(tasks));) {
        char name[300], line[200];
        int real;
        snprintf(name, sizeof name, "/proc/self/task/%s/status", task->d_name);
        FILE *status = task->d_name[0] == '.' ? NULL : fopen(name, "r");
        if (!status)
            continue;
        while (fgets(line, sizeof line, status))
            if (sscanf(line, "Uid: %d", &real) == 1)
                others += real != user;
        fclose(status);
    }
    closedir(tasks);
    return others;
}

/* In a child, so that what it gives up stays with the others. */
static void in_child(const char *name, int (*act)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(!act());
    need("a child", child > 0 && waitpid(child, &status, 0) == child);
    check(name, status == 0);
}

static int becomes_nobody(void)
{
    free(malloc(100000));
    return setgid(NOBODY) == 0 && setuid(NOBODY) == 0 && threads_of_others(NOBODY) == 0;
}

static int has_users_of_its_own(void)
{
    free(malloc(100000));
    return unshare(CLONE_NEWUSER) == 0;
}

static void *changes_users(void *unused)
{
    for (int i = 0; i < 200; i++)
        if (seteuid(i % 2 ? NOBODY : 0) != 0)
            return NULL;
    return unused;
}

int main(void)
{
    struct sparse heap = sparse_new(20000, 10, 1);
    compact();
    in_child("setuid reaches every thread", becomes_nobody);
    in_child("unshare finds one thread", has_users_of_its_own);

    pthread_t threads[3];
    int started = 0, done = 0;
    for (int i = 0; i < 3; i++)
        started += pthread_create(&threads[i], NULL, changes_users, &heap) == 0;
    for (int i = 0; i < started; i++) {
        void *result;
        pthread_join(threads[i], &result);
        done += result != NULL;
    }
    check("threads change users at once", started == 3 && done == 3);
    check("no byte has changed", sparse_painted(&heap, 1));

    fflush(stdout);
    alarm(30);
    pthread_exit(NULL);
}
