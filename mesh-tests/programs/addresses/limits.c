/* A limit on addresses that the program sets in the middle of its life: it holds for malloc, and leaves all else to the program. */
#define _GNU_SOURCE
#include "topics.h"
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20, MOST = 4000 };

static void limit_to(size_t mebibytes_more)
{
    struct rlimit limit = {(mebibytes("VmSize") + mebibytes_more) * MIB, RLIM_INFINITY};
    need("setrlimit", setrlimit(RLIMIT_AS, &limit) == 0);
}

static void *thread(void *block)
{
    void *own = malloc(100000);
    *(char *)block = own != NULL;
    free(own);
    return NULL;
}

/* Takes blocks of a size until there are no more; says how many bytes there were. */
static size_t take_all(size_t size, char **blocks, size_t *count)
{
    size_t taken = 0;
    for (*count = 0; *count < MOST; ++*count) {
        errno = 0;
        char *block = malloc(size);
        if (block == NULL)
            break;
        block[0] = block[size - 1] = 1;
        blocks[*count] = block;
        taken += size;
    }
    return taken;
}

static void give_all(char **blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
}

static int small_ones(void)
{
    static char *some[20000];
    int good = 1;
    for (int i = 0; i < 20000; i++) {
        some[i] = malloc(1 + i % 900);
        good &= some[i] != NULL;
    }
    for (int i = 0; i < 20000; i++)
        free(some[i]);
    return good;
}

/* A mapping of the program's own. */
static int can_map(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return 0;
    munmap(at, bytes);
    return 1;
}

static int forks(void)
{
    int status = 1;
    pid_t child = fork();
    if (child == 0)
        _exit(!small_ones());
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

void limits(void)
{
    static char *blocks[MOST];
    size_t count;
    char began = 0;
    pthread_t other;
    free(malloc(100));
    limit_to(1024);
    check("a limit leaves mappings to the program", can_map(800ul * MIB));
    check("and threads", pthread_create(&other, NULL, thread, &began) == 0 && pthread_join(other, NULL) == 0 && began);
    check("and libraries", dlopen("libm.so.6", RTLD_NOW) != NULL);
    check("and children", forks());
    errno = 0;
    check("a block beyond it is refused", malloc(2048ul * MIB) == NULL && errno == ENOMEM);
    check("small ones are not", small_ones());
    size_t taken = take_all(MIB, blocks, &count);
    check("what there is can be had, and no more", errno == ENOMEM && taken > 700ul * MIB && taken <= 1024ul * MIB);
    for (int i = 0; i < 16; i++)
        free(blocks[--count]);
    check("then small ones are still there", small_ones());
    give_all(blocks, count);
    check("what is given back is the program's", can_map(600ul * MIB));
    check("or another block's", take_all(400ul * MIB, blocks, &count) == 800ul * MIB);
    give_all(blocks, count);
    check("or of small ones", small_ones() && forks());
}
