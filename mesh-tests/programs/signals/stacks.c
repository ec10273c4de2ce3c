/* Stack overflow, and handlers on stacks of their own, some of them in heap memory. */
#include "cases.h"
#include <ucontext.h>

enum { SIZE = 64 * 1024 };

static volatile sig_atomic_t runs;
static char *alternate;

static int recurse(volatile char *above)
{
    volatile char here[4096];
    here[0] = above[0];
    if (opaque(0))
        return 0;
    return recurse(here) + here[0];
}

static void overflow(void)
{
    volatile char here = 0;
    recurse(&here);
}

static void leave(int signal, siginfo_t *info, void *context)
{
    char here;
    (void)context;
    int on_it = &here >= alternate && &here < alternate + SIZE;
    const char *text = on_it && info->si_signo == signal ? "ok on its own stack\n" : "FAIL elsewhere\n";
    (void)!write(1, text, strlen(text));
    _exit(3);
}

static void use_stack(char *memory)
{
    stack_t stack = {.ss_sp = memory, .ss_size = SIZE};
    alternate = memory;
    need("sigaltstack", sigaltstack(&stack, NULL) == 0);
    handle(SIGSEGV, leave, SA_ONSTACK);
}

static void overflow_on_alternate_stack(void)
{
    static char memory[SIZE];
    use_stack(memory);
    overflow();
}

static void overflow_on_heap_stack(void)
{
    use_stack(malloc(SIZE));
    overflow();
}

static void count(int signal, siginfo_t *info, void *context)
{
    char block[512];
    (void)signal;
    (void)info;
    (void)context;
    paint(block, sizeof block, 5);
    runs += painted(block, sizeof block, 5) && (char *)block >= alternate
        && (char *)block < alternate + SIZE;
}

/* Signals arrive on a stack in heap memory while that heap is compacted. */
static void busy_heap_stack(void)
{
    stack_t stack = {.ss_sp = malloc(SIZE), .ss_size = SIZE}, now;
    alternate = stack.ss_sp;
    need("sigaltstack", sigaltstack(&stack, NULL) == 0);
    sigaltstack(NULL, &now);
    check("the alternate stack is read back", now.ss_sp == stack.ss_sp && now.ss_size == SIZE);
    handle(SIGUSR1, count, SA_ONSTACK);
    for (int i = 0; i < 200; i++) {
        struct sparse heap = sparse_new(100, 10, 1);
        raise(SIGUSR1);
        compact();
        raise(SIGUSR1);
        sparse_free(&heap);
    }
    check("handlers ran on a heap stack", runs == 400);
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
    free(alternate);
}

static volatile int progress;

static void coroutine(void)
{
    volatile char local[1000];
    for (int i = 0; i < 1000; i++)
        local[i] = (char)i;
    progress += local[999] == (char)999;
}

/* Coroutine stacks are blocks like any other. */
static void coroutines(void)
{
    ucontext_t home, away;
    for (volatile int i = 0; i < 200; i++) {
        getcontext(&away);
        away.uc_stack.ss_sp = malloc(16384);
        away.uc_stack.ss_size = 16384;
        away.uc_link = &home;
        makecontext(&away, coroutine, 0);
        swapcontext(&home, &away);
        free(away.uc_stack.ss_sp);
        if (i % 20 == 0)
            compact();
    }
    check("coroutines on heap stacks", progress == 200);
}

const struct signal_case stacks[] = {
    {"stack-overflow", overflow},
    {"stack-overflow-on-alternate-stack", overflow_on_alternate_stack},
    {"stack-overflow-on-heap-stack", overflow_on_heap_stack},
    {"busy-heap-stack", busy_heap_stack},
    {"coroutines", coroutines},
    {NULL, NULL},
};
