/* What the guests share: each is a thread that does one kind of thing again and again, on blocks of a heap that is meshed
   meanwhile. */
#ifndef HOUSE_H
#define HOUSE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../check.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Signals that guests send each other. */
enum { SIGNALS = 7 };

/* Set when the time is over. */
extern atomic_int over;

/* Prints "FAIL <what>" with the reason, and ends everything. */
_Noreturn void fail(const char *what, const char *why);

/* A few painted blocks of one guest, which change all the time. */
struct belongings {
    unsigned char *blocks[64];
    size_t sizes[64];
    unsigned seeds[64];
    unsigned state;
};

void belongings_change(struct belongings *mine);
int belongings_intact(const struct belongings *mine);

/* One round of each guest. `state` is its random number. */
void round_of_fork(struct belongings *mine);
void round_of_popen(struct belongings *mine);
void round_of_spawn(struct belongings *mine);
void round_of_timers(struct belongings *mine);
void round_of_names(struct belongings *mine);
void round_of_cancelling(struct belongings *mine);
void round_of_signals(struct belongings *mine);
void round_of_meshing(struct belongings *mine);

/* Installs the handlers that `round_of_signals` relies on. */
void signals_begin(void);
/* Says which threads may be sent signals. */
void signals_to(const pthread_t *threads, int count);

/* A child that has ended: its status must be `wanted`. */
void expect_end(const char *what, pid_t child, int wanted);

#endif
