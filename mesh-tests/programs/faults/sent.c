/* SIGSEGV as a signal that somebody sends. */
#include "matrix.h"

static void note(int signal, siginfo_t *info, void *context)
{
    (void)context;
    seen->handled++;
    seen->signal = signal;
    seen->code = info->si_code;
    seen->offset = info->si_code == SI_QUEUE ? info->si_value.sival_int : 0;
}

static void handle(void)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    need("sigaction", sigaction(SIGSEGV, &action, NULL) == 0);
}

static void change(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigprocmask(how, &set, NULL);
}

static void unhandled(void)
{
    kill(getpid(), SIGSEGV);
}

static void handled(void)
{
    handle();
    kill(getpid(), SIGSEGV);
    _exit(50);
}

static void raised(void)
{
    handle();
    raise(SIGSEGV);
    _exit(51);
}

static void with_value(void)
{
    handle();
    sigqueue(getpid(), SIGSEGV, (union sigval){.sival_int = 1234});
    _exit(52);
}

static void ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    kill(getpid(), SIGSEGV);
    _exit(53);
}

static void waits(void)
{
    handle();
    change(SIG_BLOCK);
    kill(getpid(), SIGSEGV);
    if (seen->handled)
        _exit(1);
    change(SIG_UNBLOCK);
    _exit(54);
}

static void waits_with_value(void)
{
    handle();
    change(SIG_BLOCK);
    sigqueue(getpid(), SIGSEGV, (union sigval){.sival_int = 77});
    change(SIG_UNBLOCK);
    _exit(55);
}

static void waits_for_default(void)
{
    change(SIG_BLOCK);
    raise(SIGSEGV);
    write(2, "", 0);
    change(SIG_UNBLOCK);
    _exit(56);
}

static void taken(void)
{
    sigset_t set;
    int signal = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    change(SIG_BLOCK);
    kill(getpid(), SIGSEGV);
    _exit(sigwait(&set, &signal) == 0 && signal == SIGSEGV ? 57 : 1);
}

static void *take(void *unused)
{
    sigset_t set;
    siginfo_t info;
    (void)unused;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    while (sigwaitinfo(&set, &info) < 0)
        ;
    seen->handled++;
    seen->signal = info.si_signo;
    seen->code = info.si_code;
    return NULL;
}

static void taken_by_thread(void)
{
    pthread_t thread;
    change(SIG_BLOCK);
    pthread_create(&thread, NULL, take, NULL);
    kill(getpid(), SIGSEGV);
    pthread_join(thread, NULL);
    _exit(58);
}

static void *open_mask(void *unused)
{
    change(SIG_UNBLOCK);
    while (!*(volatile int *)&seen->handled)
        usleep(1000);
    return unused;
}

/* Sent to the process, it goes to the thread that lets it in. */
static void finds_its_thread(void)
{
    pthread_t thread;
    handle();
    change(SIG_BLOCK);
    pthread_create(&thread, NULL, open_mask, NULL);
    kill(getpid(), SIGSEGV);
    pthread_join(thread, NULL);
    _exit(59);
}

static void suspended(void)
{
    sigset_t none;
    handle();
    change(SIG_BLOCK);
    raise(SIGSEGV);
    sigemptyset(&none);
    int result = sigsuspend(&none);
    _exit(result == -1 && errno == EINTR ? 60 : 1);
}

/* The bit that stands for SIGSEGV in the kernel belongs to a signal that works, too. */
static void the_stand_in_itself(void)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO}, now;
    sigaction(SIGSTKFLT, &action, NULL);
    raise(SIGSTKFLT);
    sigaction(SIGSTKFLT, NULL, &now);
    signal(SIGSTKFLT, SIG_DFL);
    if (now.sa_sigaction == note)
        raise(SIGSTKFLT);
    _exit(1);
}

const struct fault_case sent[] = {
    {"kill", unhandled},
    {"kill, handled", handled},
    {"raise, handled", raised},
    {"sigqueue, handled", with_value},
    {"kill, ignored", ignored},
    {"kill, blocked, unblocked", waits},
    {"sigqueue, blocked, unblocked", waits_with_value},
    {"raise, blocked, unhandled", waits_for_default},
    {"kill, sigwait", taken},
    {"kill, sigwaitinfo in a thread", taken_by_thread},
    {"kill, another thread", finds_its_thread},
    {"raise, sigsuspend", suspended},
    {"SIGSTKFLT", the_stand_in_itself},
    {NULL, NULL},
};
