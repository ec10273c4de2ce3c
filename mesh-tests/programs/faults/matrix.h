/* One fault, or one signal, for each case: what the process sees of it, and what its parent sees. */
#ifndef MATRIX_H
#define MATRIX_H

#define _GNU_SOURCE
#include "../sparse.h"
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the handlers of a case saw; shared with the parent. */
struct seen {
    /* Where the case is about to go wrong. */
    uintptr_t target;
    int handled;
    int signal;
    int code;
    long offset;
    int on_alternate_stack;
    int segv_blocked;
    int usr1_blocked;
};

struct fault_case {
    const char *name;
    void (*run)(void);
};

extern struct seen *seen;
extern const struct fault_case accesses[];
extern const struct fault_case handlers[];
extern const struct fault_case sent[];

/* Goes wrong at `address`. */
void write_to(uintptr_t address);
void read_from(uintptr_t address);
void call(uintptr_t address);

#endif
