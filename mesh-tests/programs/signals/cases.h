/* Faults and signals as the program sees them. One case each run: many end by a signal. */
#ifndef CASES_H
#define CASES_H

#define _GNU_SOURCE
#include "../sparse.h"
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

struct signal_case {
    const char *name;
    void (*run)(void);
};

/* One list for each file, ended by an empty name. */
extern const struct signal_case own_handlers[];
extern const struct signal_case deaths[];
extern const struct signal_case masks[];
extern const struct signal_case stacks[];
extern const struct signal_case heap_writers[];
extern const struct signal_case threads[];
extern const struct signal_case in_waits[];
extern const struct signal_case small_stacks[];
extern const struct signal_case children[];

/* An address that is never mapped. The compiler does not know it. */
static inline volatile char *nowhere(size_t offset)
{
    return (volatile char *)opaque(offset);
}

typedef void (*full_handler)(int, siginfo_t *, void *);

static inline void handle(int signal, full_handler handler, int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigemptyset(&action.sa_mask);
    need("sigaction", sigaction(signal, &action, NULL) == 0);
}

#endif
