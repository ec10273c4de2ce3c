/* Faults that the program handles, in all the ways to ask for it. */
#include "matrix.h"

enum { STACK = 64 * 1024 };

static char *alternate;
static sigjmp_buf back;
static const uintptr_t wild = 0x1238;

static int blocked(int signal)
{
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    return sigismember(&now, signal);
}

static void note(int signal, siginfo_t *info, void *context)
{
    char here;
    (void)context;
    seen->handled++;
    seen->signal = signal;
    seen->code = info->si_code;
    seen->offset = (long)((uintptr_t)info->si_addr - seen->target);
    seen->on_alternate_stack = alternate && &here >= alternate && &here < alternate + STACK;
    seen->segv_blocked = blocked(SIGSEGV);
    seen->usr1_blocked = blocked(SIGUSR1);
}

static void note_and_leave(int signal, siginfo_t *info, void *context)
{
    note(signal, info, context);
    _exit(40);
}

static void note_and_jump(int signal, siginfo_t *info, void *context)
{
    note(signal, info, context);
    siglongjmp(back, 1);
}

static void one_argument(int signal)
{
    seen->handled++;
    seen->signal = signal;
    siglongjmp(back, 1);
}

static void fault_again(int signal, siginfo_t *info, void *context)
{
    note(signal, info, context);
    if (seen->handled == 3)
        _exit(43);
    write_to(0x20);
}

static void set(void (*handler)(int, siginfo_t *, void *), int flags, int masked)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    if (masked == -1)
        sigfillset(&action.sa_mask);
    else if (masked)
        sigaddset(&action.sa_mask, masked);
    need("sigaction", sigaction(SIGSEGV, &action, NULL) == 0);
}

static void use_alternate_stack(void)
{
    alternate = malloc(STACK);
    stack_t stack = {.ss_sp = alternate, .ss_size = STACK};
    need("sigaltstack", sigaltstack(&stack, NULL) == 0);
}

static void three_arguments(void)
{
    set(note_and_leave, 0, 0);
    write_to(wild);
}

static void by_signal(void)
{
    signal(SIGSEGV, one_argument);
    if (sigsetjmp(back, 1) == 0)
        write_to(wild);
    if (sigsetjmp(back, 1) == 0)
        write_to(wild);
    _exit(41);
}

static void by_system_v(void)
{
    sysv_signal(SIGSEGV, one_argument);
    if (sigsetjmp(back, 1) == 0)
        write_to(wild);
    write_to(wild);
}

static void by_sigset(void)
{
    sigset(SIGSEGV, one_argument);
    if (sigsetjmp(back, 1) == 0)
        write_to(wild);
    sigset(SIGSEGV, SIG_DFL);
    write_to(wild);
}

static void on_alternate_stack(void)
{
    use_alternate_stack();
    set(note_and_leave, SA_ONSTACK, 0);
    write_to(wild);
}

static void beside_alternate_stack(void)
{
    use_alternate_stack();
    set(note_and_leave, 0, 0);
    write_to(wild);
}

static void one_time(void)
{
    set(note, SA_RESETHAND, SIGUSR1);
    write_to(wild);
}

static void not_deferred(void)
{
    set(fault_again, SA_NODEFER, 0);
    write_to(wild);
}

static void deferred(void)
{
    set(fault_again, 0, 0);
    write_to(wild);
}

static void all_masked(void)
{
    set(note_and_leave, 0, -1);
    write_to(wild);
}

static void far_below_the_heap(void)
{
    set(note_and_leave, 0, 0);
    write_to((uintptr_t)malloc(100) - ((uintptr_t)40 << 30));
}

static void jump_into_object(void)
{
    set(note_and_leave, 0, 0);
    char *block = malloc(64);
    memset(block, 0xc3, 64);
    call((uintptr_t)block);
}

static void many_times(void)
{
    set(note_and_jump, 0, 0);
    for (volatile int i = 0; i < 500; i++)
        if (sigsetjmp(back, 1) == 0)
            write_to(wild);
    _exit(44);
}

/* A jump that leaves the mask alone leaves SIGSEGV blocked: the next fault is deadly. */
static void jump_keeps_mask(void)
{
    set(note_and_jump, 0, 0);
    if (sigsetjmp(back, 0) == 0)
        write_to(wild);
    write_to(wild);
}

static void ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    write_to(wild);
}

static void all_blocked(void)
{
    sigset_t all;
    set(note_and_leave, 0, 0);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    write_to(wild);
}

static void blocked_and_opened(void)
{
    sigset_t all, before;
    set(note_and_leave, 0, 0);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    write_to(wild);
}

/* What a program hands to the kernel when it goes around the C library. */
struct kernel_action {
    void *handler;
    unsigned long flags;
    void *restorer;
    unsigned long mask;
};

static void set_by_system_call(void *handler)
{
    enum { SA_RESTORER = 0x04000000 };
    struct kernel_action before, action;
    /* The restorer is the C library's. */
    struct sigaction any = {.sa_sigaction = note};
    sigaction(SIGUSR2, &any, NULL);
    need("rt_sigaction", syscall(SYS_rt_sigaction, SIGUSR2, NULL, &before, 8) == 0);
    action = (struct kernel_action){handler, SA_SIGINFO | SA_RESTORER, before.restorer, 0};
    need("rt_sigaction", syscall(SYS_rt_sigaction, SIGSEGV, &action, NULL, 8) == 0);
}

static void by_system_call(void)
{
    set_by_system_call((void *)note_and_leave);
    compact();
    struct sparse heap = sparse_new(500, 10, 1);
    compact();
    need("the heap is whole", sparse_painted(&heap, 1));
    write_to(wild);
}

static void (*earlier)(int, siginfo_t *, void *);

/* Passes on what is not its own, as libraries do that stand in front of others. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
    note(signal, info, context);
    if (seen->handled > 3)
        _exit(9);
    if (earlier != NULL)
        earlier(signal, info, context);
    else
        sigaction(SIGSEGV, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
}

static void set_chained(void)
{
    struct kernel_action before;
    need("rt_sigaction", syscall(SYS_rt_sigaction, SIGSEGV, NULL, &before, 8) == 0);
    memcpy(&earlier, &before.handler, sizeof earlier);
    set_by_system_call((void *)pass_on);
}

static void chained(void)
{
    set_chained();
    write_to(wild);
}

static void chained_while_meshing(void)
{
    set_chained();
    struct sparse heap = sparse_new(500, 10, 1);
    compact();
    sparse_paint(&heap, 2);
    write_to(wild);
}

static void *repaint(void *heap)
{
    for (unsigned i = 0; i < 50; i++)
        sparse_paint(heap, i);
    return NULL;
}

/* A handler that was set behind the library's back meets none of its faults. */
static void by_system_call_while_meshing(void)
{
    set_by_system_call((void *)note_and_leave);
    struct sparse heap = sparse_new(2000, 10, 1);
    pthread_t painter;
    pthread_create(&painter, NULL, repaint, &heap);
    for (unsigned i = 0; i < 20; i++) {
        struct sparse more = sparse_new(500, 10, i);
        compact();
        sparse_free(&more);
    }
    pthread_join(painter, NULL);
    need("the heap is whole", sparse_painted(&heap, 49));
    write_to(wild);
}

const struct fault_case handlers[] = {
    {"three arguments", three_arguments},
    {"signal()", by_signal},
    {"sysv_signal()", by_system_v},
    {"sigset()", by_sigset},
    {"SA_ONSTACK", on_alternate_stack},
    {"no SA_ONSTACK", beside_alternate_stack},
    {"SA_RESETHAND", one_time},
    {"SA_NODEFER", not_deferred},
    {"fault in the handler", deferred},
    {"full sa_mask", all_masked},
    {"wild write", far_below_the_heap},
    {"jump into an object", jump_into_object},
    {"500 faults", many_times},
    {"longjmp with SIGSEGV blocked", jump_keeps_mask},
    {"SIG_IGN", ignored},
    {"all signals blocked", all_blocked},
    {"blocked and opened again", blocked_and_opened},
    {"rt_sigaction", by_system_call},
    {"rt_sigaction while meshing", by_system_call_while_meshing},
    {"rt_sigaction, passing on", chained},
    {"passing on while meshing", chained_while_meshing},
    {NULL, NULL},
};
