/* Alternate stacks with hardly more room than for the kernel's frames, and what lies below them. */
#include "cases.h"

/* Bytes that the program's own handlers are given. */
enum { OWN = 1024, BELOW = 16384 };

static sigjmp_buf back;
static struct sparse heap;
static volatile sig_atomic_t runs, done;

/* An alternate stack of `size` bytes at the end of pages of which those below are `access`. */
static char *stack_above(size_t size, int access)
{
    size_t all = BELOW + (size + 4095) / 4096 * 4096;
    char *memory = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need("mmap", memory != MAP_FAILED);
    char *at = memory + BELOW;
    need("mprotect", mprotect(memory, BELOW, access) == 0);
    stack_t stack = {.ss_sp = at, .ss_size = size};
    need("sigaltstack", sigaltstack(&stack, NULL) == 0);
    return memory;
}

/* The kernel's frame. */
static size_t frame(void)
{
    long size = sysconf(_SC_MINSIGSTKSZ);
    return size > 0 ? (size_t)size : MINSIGSTKSZ;
}

static void no_handler_on_least_stack(void)
{
    stack_above(MINSIGSTKSZ, PROT_NONE);
    *nowhere(16) = 1;
}

static void go_back(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    siglongjmp(back, 1);
}

static void handler_on_least_stack(void)
{
    size_t size = (frame() + OWN + 15) / 16 * 16;
    char *below = stack_above(size, PROT_READ | PROT_WRITE);
    paint(below, BELOW, 7);
    handle(SIGSEGV, go_back, SA_ONSTACK);
    /* The loader looks the function up at its first call, which takes more stack. */
    if (sigsetjmp(back, 1) == 0)
        siglongjmp(back, 1);
    for (int i = 0; i < 3; i++)
        if (sigsetjmp(back, 1) == 0)
            *nowhere(16) = 1;
        else
            runs++;
    check("faults are handled", runs == 3);
    check("what lies below is as it was", painted(below, BELOW, 7));
}

static int recurse(volatile char *above)
{
    volatile char here[256];
    here[0] = above[0];
    return opaque(0) ? 0 : recurse(here) + here[0];
}

static void overflow(int signal, siginfo_t *info, void *context)
{
    volatile char here = 0;
    (void)signal;
    (void)info;
    (void)context;
    recurse(&here);
}

static void overflow_of_least_stack(void)
{
    stack_above(frame() + OWN, PROT_NONE);
    handle(SIGSEGV, overflow, SA_ONSTACK);
    *nowhere(16) = 1;
}

static void write_to_heap(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    for (size_t i = 0; i < heap.count; i += 31)
        *(volatile unsigned char *)heap.blocks[i] = heap.blocks[i][0];
    runs++;
}

static void *compact_for_others(void *argument)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (unsigned i = 0; i < 60; i++) {
        struct sparse more = sparse_new(2000, 10, i);
        compact();
        sparse_free(&more);
    }
    done = 1;
    return argument;
}

/* Behind `mprotect` the handler's frame and that of the fault must fit. */
static void writes_on_small_stack(void)
{
    pthread_t compactor;
    stack_above(2 * frame() + OWN, PROT_NONE);
    heap = sparse_new(20000, 10, 5);
    handle(SIGUSR1, write_to_heap, SA_ONSTACK);
    need("pthread_create", pthread_create(&compactor, NULL, compact_for_others, NULL) == 0);
    while (!done)
        raise(SIGUSR1);
    pthread_join(compactor, NULL);
    check("the handler wrote", runs > 0);
    check("its blocks are as it left them", sparse_painted(&heap, 5));
}

const struct signal_case small_stacks[] = {
    {"no-handler-on-least-stack", no_handler_on_least_stack},
    {"handler-on-least-stack", handler_on_least_stack},
    {"overflow-of-least-stack", overflow_of_least_stack},
    {"writes-on-small-stack", writes_on_small_stack},
    {NULL, NULL},
};
