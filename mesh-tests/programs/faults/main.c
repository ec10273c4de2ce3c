/* Runs each case in a traced child, and prints what became of it: the same with any allocator. */
#include "matrix.h"
#include <sys/ptrace.h>
#include <sys/wait.h>

struct seen *seen;

void write_to(uintptr_t address)
{
    seen->target = address;
    *(volatile char *)opaque(address) = 1;
}

void read_from(uintptr_t address)
{
    seen->target = address;
    (void)*(volatile char *)opaque(address);
}

void call(uintptr_t address)
{
    seen->target = address;
    ((void (*)(void))opaque(address))();
}

/* Lets the child go on until its end. The last signal before that is what it died of. */
static int follow(pid_t child, siginfo_t *last)
{
    int status;
    while (waitpid(child, &status, __WALL) == child && WIFSTOPPED(status)) {
        int signal = WSTOPSIG(status);
        if (ptrace(PTRACE_GETSIGINFO, child, NULL, last) != 0)
            last->si_signo = 0;
        ptrace(PTRACE_CONT, child, NULL, (void *)(uintptr_t)signal);
    }
    return status;
}

static void print(const char *name, int status, const siginfo_t *last)
{
    printf("%-34s", name);
    if (WIFEXITED(status))
        printf(" exit %d", WEXITSTATUS(status));
    else if (WIFSIGNALED(status)) {
        printf(" signal %d", WTERMSIG(status));
        if (last->si_signo != WTERMSIG(status))
            printf(" unseen");
        else if (last->si_code <= 0)
            printf(" sent");
        else if (last->si_code == SI_KERNEL || last->si_signo == SIGFPE)
            printf(" without address");
        else
            printf(" at %+ld", (long)((uintptr_t)last->si_addr - seen->target));
    }
    if (seen->handled)
        printf(", handled %d: signal %d code %d at %+ld%s, blocked%s%s", seen->handled,
               seen->signal, seen->code, seen->offset,
               seen->on_alternate_stack ? " on the alternate stack" : "",
               seen->segv_blocked ? " SEGV" : "", seen->usr1_blocked ? " USR1" : "");
    printf("\n");
    fflush(stdout);
}

static void try_case(const struct fault_case *one)
{
    *seen = (struct seen){0};
    pid_t child = fork();
    need("a child starts", child >= 0);
    if (child == 0) {
        need("the child is traced", ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
        /* Faults of ours may come at any moment, too. */
        compact();
        one->run();
        _exit(0);
    }
    siginfo_t last = {0};
    int status = follow(child, &last);
    print(one->name, status, &last);
}

/* A case goes wrong 40 GiB past an object. Where the heap happens to lie so near the end of the addresses of programs that
 * no address is there, the fault would have none: the program starts again, elsewhere. */
static void find_room(char **arguments)
{
    const uintptr_t end = (uintptr_t)1 << 47;
    /* A small object and a large one may lie far from each other. */
    void *small = malloc(100), *large = malloc(1 << 20);
    uintptr_t highest = (uintptr_t)(small > large ? small : large);
    free(small);
    free(large);
    if (highest + ((uintptr_t)41 << 30) < end)
        return;
    const char *before = getenv("STARTS");
    int starts = before == NULL ? 1 : atoi(before) + 1;
    char text[16];
    snprintf(text, sizeof text, "%d", starts);
    need("room behind the heap", starts < 50 && setenv("STARTS", text, 1) == 0);
    execv("/proc/self/exe", arguments);
    need("another start", 0);
}

int main(int count, char **arguments)
{
    (void)count;
    find_room(arguments);
    static const struct fault_case *const lists[] = {accesses, handlers, sent};
    seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    need("shared memory", seen != MAP_FAILED);
    struct sparse heap = sparse_new(2000, 10, 1);
    compact();
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const struct fault_case *one = lists[i]; one->name != NULL; one++)
            try_case(one);
    check("the heap is whole", sparse_painted(&heap, 1));
    return 0;
}
