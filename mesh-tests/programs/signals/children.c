/* Children that share their parent's memory until they turn into another program: what they want on a signal is their own. */
#include "cases.h"
#include <sys/wait.h>

static sigjmp_buf back;
static volatile sig_atomic_t in_child;

static void go_back(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    siglongjmp(back, 1);
}

static void other(int signal)
{
    (void)signal;
}

static int is_parents(void)
{
    struct sigaction now;
    sigaction(SIGSEGV, NULL, &now);
    return (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == go_back;
}

static void wait_for(pid_t child)
{
    int status;
    need("waitpid", waitpid(child, &status, 0) == child);
    printf("the child ended with %d, signal %d\n", WEXITSTATUS(status), WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void vfork_child(void)
{
    handle(SIGSEGV, go_back, 0);
    pid_t child = vfork();
    if (child == 0) {
        in_child = is_parents();
        for (int number = 1; number < 32; number++)
            signal(number, SIG_DFL);
        struct sigaction now;
        sigaction(SIGSEGV, NULL, &now);
        in_child = in_child && now.sa_handler == SIG_DFL;
        execl("/bin/true", "true", (char *)NULL);
        _exit(3);
    }
    wait_for(child);
    check("the child had its parent's handler, and then none", in_child);
    check("the parent has its own", is_parents());
    child = vfork();
    if (child == 0) {
        in_child = is_parents() && signal(SIGSEGV, other) != SIG_ERR && signal(SIGSEGV, SIG_IGN) == other;
        _exit(0);
    }
    wait_for(child);
    check("another child had another", in_child);
    child = vfork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        *nowhere(16) = 1;
        _exit(0);
    }
    wait_for(child);
    check("the parent still has its own", is_parents());
    int handled = sigsetjmp(back, 1);
    if (!handled)
        *nowhere(16) = 1;
    check("a fault is handled", handled);
}

const struct signal_case children[] = {
    {"vfork-child", vfork_child},
    {NULL, NULL},
};
