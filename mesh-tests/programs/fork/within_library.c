/* Forks inside the C library, which come to the fork handlers by another way than fork. */
#define _GNU_SOURCE
#include "family.h"
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <sys/prctl.h>

enum { TIMES = 10, THREADS = 2 };

static struct sparse heap;

static int rewrite(unsigned seed)
{
    int failed = !sparse_painted(&heap, 1);
    sparse_paint(&heap, seed);
    compact();
    return failed | live(seed) | !sparse_painted(&heap, seed);
}

/* The terminal is read to its end, or the child could not write to it. */
static int by_forkpty(void)
{
    int terminal;
    char text[256];
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    if (child == 0)
        _exit(rewrite(20));
    while (read(terminal, text, sizeof text) > 0)
        ;
    close(terminal);
    return well(child);
}

/* daemon ends its process: a child calls it, and its grandchild reports through a pipe. */
static int by_daemon(void)
{
    int ends[2];
    char said = 'x';
    if (pipe(ends) != 0)
        return 0;
    pid_t child = fork();
    if (child == 0) {
        if (daemon(1, 1) != 0)
            _exit(1);
        said = rewrite(30) == 0 ? 'g' : 'b';
        _exit(write(ends[1], &said, 1) != 1);
    }
    close(ends[1]);
    int good = well(child) && read(ends[0], &said, 1) == 1 && said == 'g';
    close(ends[0]);
    return good;
}

static int by_two_forks(void)
{
    pid_t child = fork();
    if (child == 0) {
        sparse_paint(&heap, 1);
        pid_t grandchild = fork();
        if (grandchild == 0)
            _exit(rewrite(40));
        sparse_paint(&heap, 41);
        _exit(!well(grandchild) | !sparse_painted(&heap, 41));
    }
    return well(child);
}

void within_library(void)
{
    pthread_t threads[THREADS];
    int terminals = 0, daemons = 0, twice = 0;
    heap = sparse_new(5000, 10, 1);
    compact();
    start_threads(threads, THREADS);
    for (int i = 0; i < TIMES; i++) {
        terminals += by_forkpty();
        daemons += by_daemon();
        twice += by_two_forks();
    }
    check("forkpty", terminals == TIMES);
    check("daemon", daemons == TIMES);
    check("fork after fork", twice == TIMES);
    join_threads(threads, THREADS);
    check("the threads kept their blocks", !spoiled);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
