/* Exports sigaction, which calls the next __sigaction, as the emulator of Erlang does; and sees all that is installed by it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

#include "../check.h"

static int depth;
static volatile sig_atomic_t came;

int sigaction(int signal, const struct sigaction *new, struct sigaction *old)
{
    static int (*next)(int, const struct sigaction *, struct sigaction *);
    if (!next)
        next = (int (*)(int, const struct sigaction *, struct sigaction *))dlsym(RTLD_NEXT, "__sigaction");
    if (++depth > 50) {
        static const char text[] = "FAIL the next function is not this one\n";
        _exit(write(1, text, sizeof text - 1) < 0 ? 3 : 2);
    }
    int result = next(signal, new, old);
    depth--;
    return result;
}

static void handler(int signal)
{
    came = signal;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler}, before = {.sa_handler = SIG_IGN};
    check("a handler is installed", sigaction(SIGUSR1, &action, NULL) == 0);
    check("for SIGSEGV as well", sigaction(SIGSEGV, &action, &before) == 0 && before.sa_handler == SIG_DFL);
    raise(SIGUSR1);
    check("and called", came == SIGUSR1);
    return 0;
}
