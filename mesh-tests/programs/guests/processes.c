/* Guests that start processes. */
#include "house.h"
#include <spawn.h>

extern char **environ;

/* A set of some signals that no thread needs. */
static sigset_t some_signals(unsigned *state)
{
    static const int candidates[] = {SIGHUP, SIGUSR2, SIGWINCH, SIGURG, SIGIO, SIGTSTP, SIGSEGV, SIGBUS};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
        if (next_random(state) % 2)
            sigaddset(&set, candidates[i]);
    return set;
}

static int same_signals(const sigset_t *one, const sigset_t *other)
{
    for (int signal = 1; signal < 65; signal++)
        if (sigismember(one, signal) != sigismember(other, signal))
            return 0;
    return 1;
}

void round_of_fork(struct belongings *mine)
{
    sigset_t mask = some_signals(&mine->state), before, now;
    int bare = next_random(&mine->state) % 2;
    pthread_sigmask(SIG_SETMASK, &mask, &before);
    pid_t child = bare ? _Fork() : fork();
    if (child == 0) {
        pthread_sigmask(SIG_SETMASK, NULL, &now);
        if (!same_signals(&mask, &now))
            _exit(10);
        if (!belongings_intact(mine))
            _exit(11);
        for (int i = 0; i < 64; i++)
            if (mine->blocks[i])
                mine->blocks[i][0]++;
        if (!bare)
            free(malloc(100));
        _exit(0);
    }
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    if (!same_signals(&mask, &now))
        fail("fork", "the parent's mask has changed");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (child < 0)
        fail("fork", "no child");
    expect_end("the child of a fork", child, 0);
    if (!belongings_intact(mine))
        fail("fork", "the child wrote to its parent's blocks");
}

void round_of_popen(struct belongings *mine)
{
    char command[60], line[60] = "";
    unsigned number = next_random(&mine->state);
    snprintf(command, sizeof command, "echo %u", number);
    FILE *pipe = popen(command, "r");
    if (!pipe)
        fail("popen", "null");
    while (!fgets(line, sizeof line, pipe) && errno == EINTR && !feof(pipe))
        clearerr(pipe);
    if (strtoul(line, NULL, 10) != number)
        fail("popen", "another line came");
    int status = pclose(pipe);
    if (status != 0)
        fail("popen", "the shell failed");
}

void round_of_spawn(struct belongings *mine)
{
    struct {
        pid_t process;
        int after;
    } *record = malloc(sizeof *record + next_random(&mine->state) % 500);
    char *arguments[] = {"true", NULL};
    if (!record)
        fail("spawn", "null");
    record->after = 4711;
    int error = posix_spawnp(&record->process, "true", NULL, NULL, arguments, environ);
    if (error != 0)
        fail("spawn", strerror(error));
    expect_end("a spawned program", record->process, 0);
    if (record->after != 4711)
        fail("spawn", "a byte has changed");
    free(record);
}
