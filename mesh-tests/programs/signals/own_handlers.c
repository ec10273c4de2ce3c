/* A program's own SIGSEGV handler gets the program's own faults, and nothing else. */
#include "cases.h"

static volatile sig_atomic_t faults;
static void *volatile fault_address;
static volatile sig_atomic_t fault_code;
static sigjmp_buf back;
static volatile char *guarded;

static void note_and_jump(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    faults++;
    fault_address = info->si_addr;
    fault_code = info->si_code;
    siglongjmp(back, 1);
}

static void read_from(size_t address)
{
    if (sigsetjmp(back, 1) == 0) {
        (void)*nowhere(address);
        check("a read of nothing does not return", 0);
    }
}

static void unmapped_address(void)
{
    handle(SIGSEGV, note_and_jump, 0);
    read_from(0);
    check("si_addr of a null dereference", fault_address == NULL && fault_code == SEGV_MAPERR);
    read_from(0x1230);
    check("si_addr of a wild pointer", fault_address == (void *)0x1230);
    for (int i = 0; i < 1000; i++)
        read_from(64u + (unsigned)i);
    check("every fault arrives once", faults == 1002);
}

static void open_page(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    faults++;
    fault_address = info->si_addr;
    fault_code = info->si_code;
    mprotect((void *)(uintptr_t)guarded, 4096, PROT_READ | PROT_WRITE);
}

static void protected_page(void)
{
    guarded = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    handle(SIGSEGV, open_page, 0);
    guarded[100] = 42;
    check("the store is repeated", faults == 1 && guarded[100] == 42);
    check("si_addr of a protected page", fault_address == (void *)(uintptr_t)(guarded + 100));
    check("si_code of a protected page", fault_code == SEGV_ACCERR);
}

static void protected_heap_pages(void)
{
    char *block = aligned_alloc(4096, 8 * 4096);
    memset(block, 1, 8 * 4096);
    guarded = block + 4096;
    mprotect(block + 4096, 4096, PROT_READ);
    handle(SIGSEGV, open_page, 0);
    guarded[7] = 9;
    check("a heap page that the program protected",
          faults == 1 && fault_address == block + 4096 + 7 && block[4096 + 7] == 9);
    free(block);
}

static void plain_handler(int signal)
{
    faults++;
    (void)signal;
    siglongjmp(back, 1);
}

static void by_signal_function(void)
{
    void (*before)(int) = signal(SIGSEGV, plain_handler);
    check("signal() returns SIG_DFL", before == SIG_DFL);
    read_from(8);
    check("signal() sets a handler", faults == 1);
    before = signal(SIGSEGV, SIG_DFL);
    check("signal() returns the handler", before == plain_handler);
}

static void read_back(void)
{
    struct sigaction action;
    need("sigaction", sigaction(SIGSEGV, NULL, &action) == 0);
    check("SIGSEGV begins as SIG_DFL", action.sa_handler == SIG_DFL && action.sa_flags == 0);
    struct sigaction mine = {.sa_sigaction = note_and_jump, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&mine.sa_mask);
    sigaddset(&mine.sa_mask, SIGUSR1);
    need("sigaction", sigaction(SIGSEGV, &mine, NULL) == 0);
    need("sigaction", sigaction(SIGSEGV, NULL, &action) == 0);
    check("the program's handler is read back", action.sa_sigaction == note_and_jump);
    check("its flags are read back",
          (action.sa_flags & (SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_NODEFER | SA_RESETHAND))
              == (SA_SIGINFO | SA_RESTART));
    check("its mask is read back",
          sigismember(&action.sa_mask, SIGUSR1) == 1 && sigismember(&action.sa_mask, SIGUSR2) == 0);
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    need("sigaction", sigaction(SIGSEGV, &ignored, &action) == 0);
    check("the old action is given", action.sa_sigaction == note_and_jump);
    need("sigaction", sigaction(SIGSEGV, NULL, &action) == 0);
    check("SIG_IGN is read back", action.sa_handler == SIG_IGN);
}

static void sent_by_kill(void)
{
    handle(SIGSEGV, note_and_jump, 0);
    if (sigsetjmp(back, 1) == 0)
        kill(getpid(), SIGSEGV);
    check("kill() reaches the handler", faults == 1 && fault_code == SI_USER);
    if (sigsetjmp(back, 1) == 0)
        raise(SIGSEGV);
    check("raise() reaches the handler", faults == 2 && fault_code == SI_TKILL);
}

static void other_signals(void)
{
    handle(SIGBUS, note_and_jump, 0);
    handle(SIGFPE, note_and_jump, 0);
    char name[] = "/tmp/mesh-signal-XXXXXX";
    int file = mkstemp(name);
    unlink(name);
    volatile char *beyond = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    if (sigsetjmp(back, 1) == 0)
        (void)*beyond;
    check("SIGBUS reaches the handler",
          faults == 1 && fault_address == (void *)(uintptr_t)beyond && fault_code == BUS_ADRERR);
    if (sigsetjmp(back, 1) == 0)
        raise(SIGFPE);
    check("SIGFPE reaches the handler", faults == 2);
}

static void *fault_in_thread(void *unused)
{
    (void)unused;
    read_from(0x40);
    return NULL;
}

static void in_threads(void)
{
    handle(SIGSEGV, note_and_jump, 0);
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        need("a thread starts", pthread_create(&thread, NULL, fault_in_thread, NULL) == 0);
        pthread_join(thread, NULL);
    }
    check("faults of other threads", faults == 50 && fault_address == (void *)0x40);
}

const struct signal_case own_handlers[] = {
    {"unmapped-address", unmapped_address},
    {"protected-page", protected_page},
    {"protected-heap-pages", protected_heap_pages},
    {"signal-function", by_signal_function},
    {"read-back", read_back},
    {"sent-by-kill", sent_by_kill},
    {"other-signals", other_signals},
    {"in-threads", in_threads},
    {NULL, NULL},
};
