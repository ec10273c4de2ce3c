/* The child of a program with two threads and many files begins with its parent's signal mask, whatever way it comes, and a
   program that it turns into with the same. */
#define _GNU_SOURCE
#include "family.h"
#include <fcntl.h>
#include <pty.h>
#include <sys/syscall.h>

enum { FILES = 100, EACH = 40, LINE = 256 };

static struct sparse heap;

/* What the kernel says, in the line of a status file: that of this process. */
static unsigned long long blocked(const char *path)
{
    static char text[8192];
    int file = open(path, O_RDONLY);
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    need("a status file", length > 0);
    text[length] = 0;
    const char *line = strstr(text, "SigBlk:");
    need("a mask", line != NULL);
    return strtoull(line + 7, NULL, 16);
}

static pid_t by_syscall(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static pid_t by_forkpty(void)
{
    static int terminal = -1;
    close(terminal);
    return forkpty(&terminal, NULL, NULL, NULL);
}

static int well_with_mask(pid_t (*way)(void))
{
    unsigned long long mine = blocked("/proc/self/status");
    pid_t child = way();
    if (child == 0)
        _exit(blocked("/proc/self/status") != mine || !sparse_painted(&heap, 1));
    return well(child) && blocked("/proc/self/status") == mine;
}

/* The new program prints its own mask. */
static int well_over_exec(void)
{
    int ends[2];
    char line[LINE] = {0}, expected[LINE];
    need("a pipe", pipe(ends) == 0);
    snprintf(expected, sizeof expected, "%016llx", blocked("/proc/self/status"));
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        execl("/bin/sh", "sh", "-c", "read -r mask < /dev/null; grep SigBlk /proc/self/status", NULL);
        _exit(1);
    }
    close(ends[1]);
    for (size_t at = 0; at < sizeof line - 1;) {
        ssize_t length = read(ends[0], line + at, sizeof line - 1 - at);
        if (length <= 0)
            break;
        at += (size_t)length;
    }
    close(ends[0]);
    return well(child) && strstr(line, expected) != NULL;
}

static void *sleep_on(void *unused)
{
    while (!stop)
        usleep(10000);
    return unused;
}

void mask(void)
{
    static FILE *files[FILES];
    static void *between[FILES][EACH];
    pthread_t thread;
    for (int i = 0; i < FILES; i++) {
        files[i] = fopen("/dev/null", "r");
        need("a file", files[i] != NULL);
        for (int j = 0; j < EACH; j++)
            between[i][j] = malloc(472);
    }
    for (int i = 0; i < FILES; i++)
        for (int j = 0; j < EACH; j++)
            if ((i + j) % 8 != 0)
                free(between[i][j]);
    heap = sparse_new(3000, 10, 1);
    compact();
    need("a thread starts", pthread_create(&thread, NULL, sleep_on, NULL) == 0);
    int good = 0, turns = 0;
    for (int blocks = 0; blocks < 2; blocks++) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGSEGV);
        pthread_sigmask(blocks ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
        for (int i = 0; i < 5; i++) {
            good += well_with_mask(fork) + well_with_mask(_Fork) + well_with_mask(by_syscall)
                + well_with_mask(by_forkpty);
            turns += 4;
        }
        sigdelset(&set, SIGSEGV);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        sigemptyset(&set);
        sigaddset(&set, SIGSEGV);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        good += well_over_exec();
        turns++;
    }
    check("the child has its parent's mask", good == turns);
    stop = 1;
    pthread_join(thread, NULL);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
