/* A handler as every program in Rust has one: for a signal that instructions raise, on the thread's alternate stack. With ASIDE defined
 * it is for SIGBUS, which anybody may send as well; else for a signal that comes at any moment, on the stack that it finds. */
#ifndef ASIDE_H
#define ASIDE_H

#include "../check.h"
#include <signal.h>

#ifdef ASIDE
enum { SIGNAL = SIGBUS, FLAGS = SA_ONSTACK };
#else
enum { SIGNAL = SIGUSR1, FLAGS = 0 };
#endif

static inline void set_handler(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = FLAGS};
    need("a handler", sigaction(SIGNAL, &action, NULL) == 0);
}

/* To be called by each thread. The memory is not the heap's. */
static inline void have_alternate_stack(void)
{
    static __thread char memory[64 << 10];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    need("an alternate stack", sigaltstack(&stack, NULL) == 0);
}

#endif
