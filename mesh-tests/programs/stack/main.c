/* How much stack the functions take that the library defines: bytes below the caller, on a stack that was painted before, in a thread
   that has done nothing else yet. One function each run, named by the argument. */
#define _GNU_SOURCE
#include "../sparse.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 256 * 1024, PAINT = 0x5a, WAIT_MS = 700 };

static unsigned char *stack;
static void (*function)(void);

static void one_block(void)
{
    free(malloc(24));
}

static void churn(void)
{
    static void *blocks[20000];
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < 20000; i++)
            blocks[i] = malloc(16 + i * 7 % 500);
        for (unsigned i = 0; i < 20000; i++)
            if (i % 5 != 0 || round % 2 != 0)
                free(blocks[i]);
    }
}

/* Pages and the tables that belong to them are mapped in steps: here several. */
static void growth(void)
{
    for (unsigned i = 0; i < 300000; i++)
        opaque((size_t)malloc(1000));
}

static void large_blocks(void)
{
    for (size_t size = 100000; size < 3000000; size += 300000) {
        void *block = realloc(malloc(size), size * 2);
        free(realloc(block, size / 2));
    }
}

static void by_poll(void) { poll(NULL, 0, WAIT_MS); }

static void by_nanosleep(void)
{
    struct timespec time = {0, WAIT_MS * 1000000};
    nanosleep(&time, NULL);
}

static void by_select(void)
{
    struct timeval time = {0, WAIT_MS * 1000};
    fd_set files;
    FD_ZERO(&files);
    select(1, &files, NULL, NULL, &time);
}

static void by_epoll_wait(void)
{
    struct epoll_event event;
    epoll_wait(epoll_create1(0), &event, 1, WAIT_MS);
}

static void by_pread(void)
{
    char byte;
    (void)!pread(0, &byte, 1, 0);
}

static void by_readv(void)
{
    char byte;
    struct iovec part = {&byte, 1};
    (void)!readv(open("/dev/zero", O_RDONLY), &part, 1);
}

static void by_sigaction(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
}

static void by_sigprocmask(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void by_stat(void)
{
    struct stat status;
    stat("/", &status);
}

static void by_fork(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
}

static void by_malloc_trim(void) { malloc_trim(0); }

static void by_syscall(void) { syscall(SYS_gettid); }

static const struct {
    const char *name;
    void (*run)(void);
} functions[] = {
    {"one-block", one_block}, {"churn", churn},
    {"growth", growth},       {"large-blocks", large_blocks},
    {"poll", by_poll},        {"nanosleep", by_nanosleep}, {"select", by_select},
    {"epoll_wait", by_epoll_wait}, {"pread", by_pread}, {"readv", by_readv},
    {"sigaction", by_sigaction}, {"sigprocmask", by_sigprocmask}, {"stat", by_stat},
    {"syscall", by_syscall}, {"fork", by_fork},
    {"malloc_trim", by_malloc_trim},
};

static void *measure(void *unused)
{
    unsigned char *here = __builtin_frame_address(0);
    /* What this function has below that address is less. */
    for (volatile unsigned char *at = stack; at < here - 512; at++)
        *at = PAINT;
    function();
    unsigned char *at = stack;
    while (at < here && *at == PAINT)
        at++;
    printf("%zu\n", (size_t)(here - at));
    return unused;
}

int main(int argc, char **argv)
{
    pthread_attr_t attributes;
    pthread_t thread;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (argc > 1 && strcmp(argv[1], functions[i].name) == 0)
            function = functions[i].run;
    need("a function of this name", function != NULL);
    /* Something to mesh. */
    struct sparse heap = sparse_new(20000, 10, 1);
    stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need("mmap", stack != MAP_FAILED);
    pthread_attr_init(&attributes);
    need("a stack", pthread_attr_setstack(&attributes, stack, SIZE) == 0);
    need("a thread", pthread_create(&thread, &attributes, measure, NULL) == 0);
    pthread_join(thread, NULL);
    return sparse_painted(&heap, 1) ? 0 : 1;
}
