/* Signal masks: what a program sets is what it reads back, and what holds. */
#include "cases.h"
#include <poll.h>
#include <sys/epoll.h>

static volatile sig_atomic_t seen;
static volatile sig_atomic_t usr1_blocked;
static volatile sig_atomic_t segv_blocked;

static void look(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    sigset_t now;
    seen++;
    sigprocmask(SIG_BLOCK, NULL, &now);
    usr1_blocked = sigismember(&now, SIGUSR1);
    segv_blocked = sigismember(&now, SIGSEGV);
}

static sigset_t only(int signal)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    return set;
}

static void same_as_set(void)
{
    sigset_t all, now, none;
    sigfillset(&all);
    sigemptyset(&none);
    need("sigprocmask", sigprocmask(SIG_SETMASK, &all, NULL) == 0);
    sigprocmask(SIG_SETMASK, &none, &now);
    check("a full mask is read back", sigismember(&now, SIGSEGV) == 1
              && sigismember(&now, SIGUSR1) == 1 && sigismember(&now, SIGKILL) == 0);
    sigset_t segv = only(SIGSEGV);
    pthread_sigmask(SIG_BLOCK, &segv, &now);
    check("an empty mask is read back", sigismember(&now, SIGSEGV) == 0);
    pthread_sigmask(SIG_UNBLOCK, &segv, &now);
    check("a blocked SIGSEGV is read back", sigismember(&now, SIGSEGV) == 1);
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    check("an unblocked one too", sigismember(&now, SIGSEGV) == 0);
    errno = 0;
    check("a wrong request is refused", sigprocmask(99, &segv, NULL) == -1 && errno == EINVAL);
    check("and by its error number", pthread_sigmask(99, &segv, NULL) == EINVAL);
}

static void pending(void)
{
    sigset_t segv = only(SIGSEGV), waiting;
    handle(SIGSEGV, look, 0);
    sigprocmask(SIG_BLOCK, &segv, NULL);
    raise(SIGSEGV);
    sigpending(&waiting);
    check("a blocked SIGSEGV waits", seen == 0 && sigismember(&waiting, SIGSEGV) == 1);
    sigprocmask(SIG_UNBLOCK, &segv, NULL);
    check("and arrives when it is unblocked", seen == 1);
}

static void inside_handlers(void)
{
    struct sigaction action = {.sa_sigaction = look, .sa_flags = SA_SIGINFO};
    action.sa_mask = only(SIGUSR1);
    sigaction(SIGSEGV, &action, NULL);
    raise(SIGSEGV);
    check("sa_mask holds in the handler", seen == 1 && usr1_blocked == 1);
    check("SIGSEGV is blocked in its handler", segv_blocked == 1);
    action.sa_flags |= SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, NULL);
    raise(SIGSEGV);
    check("SA_NODEFER lets it in", seen == 2 && segv_blocked == 0 && usr1_blocked == 0);
    sigfillset(&action.sa_mask);
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR2);
    check("a full sa_mask holds", seen == 3 && segv_blocked == 1 && usr1_blocked == 1);
    sigset_t now;
    sigprocmask(SIG_BLOCK, NULL, &now);
    check("afterwards the mask is as before", sigismember(&now, SIGSEGV) == 0);
}

static void while_waiting(void)
{
    sigset_t usr1 = only(SIGUSR1), all_but_usr1;
    sigfillset(&all_but_usr1);
    sigdelset(&all_but_usr1, SIGUSR1);
    handle(SIGUSR1, look, 0);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    raise(SIGUSR1);
    check("sigsuspend is interrupted", sigsuspend(&all_but_usr1) == -1 && errno == EINTR && seen == 1);
    raise(SIGUSR1);
    struct timespec second = {1, 0};
    check("ppoll is interrupted",
          ppoll(NULL, 0, &second, &all_but_usr1) == -1 && errno == EINTR && seen == 2);
    raise(SIGUSR1);
    check("pselect is interrupted",
          pselect(0, NULL, NULL, NULL, &second, &all_but_usr1) == -1 && errno == EINTR && seen == 3);
    raise(SIGUSR1);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event;
    check("epoll_pwait is interrupted", epoll_pwait(poller, &event, 1, 1000, &all_but_usr1) == -1
              && errno == EINTR && seen == 4);
    close(poller);
    raise(SIGUSR1);
    check("a signal that is blocked stays so", ppoll(NULL, 0, &(struct timespec){0}, NULL) == 0
              && seen == 4);
    siginfo_t info;
    check("sigwaitinfo takes it", sigwaitinfo(&usr1, &info) == SIGUSR1 && seen == 4);
    handle(SIGSEGV, look, 0);
    sigset_t segv = only(SIGSEGV);
    sigprocmask(SIG_BLOCK, &segv, NULL);
    raise(SIGSEGV);
    check("sigwaitinfo takes SIGSEGV", sigwaitinfo(&segv, &info) == SIGSEGV && seen == 4);
}

static void *inherited_mask(void *result)
{
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    *(int *)result = sigismember(&now, SIGSEGV) == 1 && sigismember(&now, SIGUSR1) == 0;
    return NULL;
}

static void by_threads(void)
{
    int result = 0;
    pthread_t thread;
    sigset_t segv = only(SIGSEGV);
    pthread_sigmask(SIG_BLOCK, &segv, NULL);
    pthread_create(&thread, NULL, inherited_mask, &result);
    pthread_join(thread, NULL);
    check("a thread inherits the mask of its parent", result);
}

const struct signal_case masks[] = {
    {"mask-as-set", same_as_set},      {"mask-pending", pending},
    {"mask-in-handlers", inside_handlers}, {"mask-while-waiting", while_waiting},
    {"mask-of-threads", by_threads},   {NULL, NULL},
};
