/* Faults that must end the program, by SIGSEGV and nothing else. */
#include "cases.h"

static void null_read(void)
{
    (void)*nowhere(0);
}

static void null_write(void)
{
    *nowhere(0) = 1;
}

static void null_call(void)
{
    ((void (*)(void))opaque(0))();
}

static void constant_write(void)
{
    static const char text[] = "constant";
    *(volatile char *)(uintptr_t)text = 'C';
}

/* The heap is no place for code. */
static void jump_into(void *block, size_t size)
{
    memset(block, 0xc3, size);
    ((void (*)(void))(uintptr_t)block)();
    check("heap memory is not executable", 0);
}

static void jump_into_small_block(void)
{
    jump_into(malloc(64), 64);
}

static void jump_into_large_block(void)
{
    jump_into(malloc(1 << 20), 1 << 20);
}

static void *null_write_in_thread(void *unused)
{
    *nowhere(0) = 1;
    return unused;
}

static void death_in_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, null_write_in_thread, NULL);
    pthread_join(thread, NULL);
}

static void ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    kill(getpid(), SIGSEGV);
    raise(SIGSEGV);
    check("an ignored SIGSEGV is ignored", 1);
    *nowhere(0) = 1;
}

static void back_to_default(void)
{
    handle(SIGSEGV, (full_handler)(uintptr_t)abort, 0);
    signal(SIGSEGV, SIG_DFL);
    *nowhere(0) = 1;
}

static void raised(void)
{
    raise(SIGSEGV);
}

static void killed(void)
{
    kill(getpid(), SIGSEGV);
    pause();
}

static volatile sig_atomic_t faults;

static void once(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    if (faults++ == 0) {
        (void)!write(1, "ok handled once\n", 16);
        return;
    }
    (void)!write(1, "FAIL handled twice\n", 19);
    _exit(9);
}

static void reset_handler(void)
{
    handle(SIGSEGV, once, SA_RESETHAND);
    /* The handler returns, the fault repeats, and nobody is there any more. */
    *nowhere(0) = 1;
}

static void fault_again(int signal, siginfo_t *info, void *context)
{
    once(signal, info, context);
    *nowhere(16) = 1;
}

static void fault_inside_handler(void)
{
    handle(SIGSEGV, fault_again, 0);
    *nowhere(0) = 1;
}

static void blocked(void)
{
    sigset_t set;
    handle(SIGSEGV, once, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
    /* A fault while the signal is blocked ends the program and calls no handler. */
    *nowhere(0) = 1;
}

static void blocked_in_thread(void)
{
    sigset_t set;
    handle(SIGSEGV, once, 0);
    sigfillset(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    *nowhere(0) = 1;
}

const struct signal_case deaths[] = {
    {"null-read", null_read},
    {"null-write", null_write},
    {"null-call", null_call},
    {"constant-write", constant_write},
    {"jump-into-small-block", jump_into_small_block},
    {"jump-into-large-block", jump_into_large_block},
    {"death-in-thread", death_in_thread},
    {"ignored", ignored},
    {"back-to-default", back_to_default},
    {"raised", raised},
    {"killed", killed},
    {"reset-handler", reset_handler},
    {"fault-inside-handler", fault_inside_handler},
    {"blocked", blocked},
    {"blocked-in-thread", blocked_in_thread},
    {NULL, NULL},
};
