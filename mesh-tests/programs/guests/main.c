/* Guests that fork, start programs, have timers, resolve names, cancel and signal each other on small stacks, for so many
   seconds. Prints what each has done: "ok <guest>", and its rounds on standard error. */
#include "house.h"
#include <limits.h>
#include <sys/mman.h>

enum { STACK = 32 << 10, PATIENCE = 120 };

atomic_int over;

static struct guest {
    const char *name;
    void (*round)(struct belongings *);
    atomic_ulong rounds;
} guests[] = {
    {"fork", round_of_fork, 0},           {"popen", round_of_popen, 0},     {"spawn", round_of_spawn, 0},
    {"timers", round_of_timers, 0},       {"names", round_of_names, 0},     {"cancelling", round_of_cancelling, 0},
    {"signals", round_of_signals, 0},     {"meshing", round_of_meshing, 0},
};
enum { GUESTS = sizeof guests / sizeof *guests };

_Noreturn void fail(const char *what, const char *why)
{
    char line[200];
    int len = snprintf(line, sizeof line, "FAIL %s: %s (%s)\n", what, why, strerror(errno));
    (void)!write(1, line, (size_t)len);
    _exit(1);
}

void belongings_change(struct belongings *mine)
{
    for (int i = 0; i < 8; i++) {
        unsigned at = next_random(&mine->state) % 64;
        if (mine->blocks[at]) {
            if (!painted(mine->blocks[at], mine->sizes[at], mine->seeds[at]))
                fail("a byte", "has changed");
            free(mine->blocks[at]);
        }
        mine->sizes[at] = 1 + next_random(&mine->state) % 2000;
        mine->seeds[at] = mine->state;
        mine->blocks[at] = malloc(mine->sizes[at]);
        if (!mine->blocks[at])
            fail("malloc", "null");
        paint(mine->blocks[at], mine->sizes[at], mine->seeds[at]);
    }
}

int belongings_intact(const struct belongings *mine)
{
    for (int i = 0; i < 64; i++)
        if (mine->blocks[i] && !painted(mine->blocks[i], mine->sizes[i], mine->seeds[i]))
            return 0;
    return 1;
}

void expect_end(const char *what, pid_t child, int wanted)
{
    int status;
    pid_t ended;
    do
        ended = waitpid(child, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (ended != child)
        fail(what, "no child to wait for");
    if (status != wanted) {
        char why[60];
        snprintf(why, sizeof why, "ended with status %x", (unsigned)status);
        fail(what, why);
    }
}

static void *live(void *argument)
{
    struct guest *guest = argument;
    struct belongings mine = {.state = (unsigned)(guest - guests) * 977 + 1};
    struct belongings *kept = malloc(sizeof *kept);
    /* Handlers of different signals may stand on each other; how much each takes depends on the processor. */
    size_t size = (size_t)sysconf(_SC_MINSIGSTKSZ) * (SIGNALS + 1);
    stack_t small = {.ss_sp = malloc(size), .ss_size = size};
    if (!kept || !small.ss_sp || sigaltstack(&small, NULL) != 0)
        fail(guest->name, "no place to live");
    *kept = mine;
    while (!over) {
        belongings_change(kept);
        guest->round(kept);
        atomic_fetch_add(&guest->rounds, 1);
    }
    if (!belongings_intact(kept))
        fail(guest->name, "a byte has changed");
    for (int i = 0; i < 64; i++)
        free(kept->blocks[i]);
    free(kept);
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    free(small.ss_sp);
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned seconds = argc > 1 ? (unsigned)atoi(argv[1]) : 5;
    pthread_t threads[GUESTS];
    pthread_attr_t attributes;
    unsigned long seen[GUESTS] = {0};
    time_t moved[GUESTS];

    signals_begin();
    pthread_attr_init(&attributes);
    need("a small stack", pthread_attr_setstacksize(&attributes, STACK) == 0);
    for (int i = 0; i < GUESTS; i++) {
        moved[i] = time(NULL);
        need("a guest", pthread_create(&threads[i], &attributes, live, &guests[i]) == 0);
    }
    signals_to(threads, GUESTS);
    for (time_t end = time(NULL) + seconds; time(NULL) < end;) {
        struct timespec nap = {0, 100000000};
        nanosleep(&nap, NULL);
        for (int i = 0; i < GUESTS; i++) {
            unsigned long rounds = guests[i].rounds;
            if (rounds != seen[i])
                moved[i] = time(NULL);
            else if (time(NULL) - moved[i] > PATIENCE)
                fail(guests[i].name, "hangs");
            seen[i] = rounds;
        }
    }
    signals_to(threads, 0);
    over = 1;
    alarm(PATIENCE);
    for (int i = 0; i < GUESTS; i++) {
        pthread_join(threads[i], NULL);
        check(guests[i].name, guests[i].rounds > 0);
        fprintf(stderr, "%s: %lu rounds\n", guests[i].name, guests[i].rounds);
    }
    return 0;
}
