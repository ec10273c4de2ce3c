/* A program at work, under a limit that it was started with, or that it sets itself in the middle of its life. */
#define _GNU_SOURCE
#include "at_work.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static void nothing(void)
{
}

/* Nothing can be mapped any more; what is there is used, and compacted. Then there is a little room again. */
static void no_more_addresses(void)
{
    struct sparse sparse = sparse_new(3000, 10, 8);
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    need("statm", file != NULL && fscanf(file, "%lu", &pages) == 1);
    fclose(file);
    struct rlimit limit = {1 << 20, RLIM_INFINITY};
    /* The stack grows no more either. */
    char stack[64 << 10];
    paint(stack, sizeof stack, 1);
    need("setrlimit", painted(stack, sizeof stack, 1) && setrlimit(RLIMIT_AS, &limit) == 0);
    need("a limit that holds", mmap(NULL, 1 << 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    compact();
    int good = sparse_painted(&sparse, 8);
    sparse_paint(&sparse, 9);
    compact();
    need("whole blocks at the limit", good && sparse_painted(&sparse, 9));
    sparse_free(&sparse);
    /* Room for the copies that a fork makes: they are mapped in large pieces. */
    limit.rlim_cur = pages * 4096 + (512ul << 20);
    need("setrlimit", setrlimit(RLIMIT_AS, &limit) == 0);
    need("a limit that still holds", mmap(NULL, 1 << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}

/* Not much more than what is in use. */
static void little_more_data(void)
{
    struct rlimit limit = {16 << 20, RLIM_INFINITY};
    need("setrlimit", setrlimit(RLIMIT_DATA, &limit) == 0);
}

static void no_descriptors(void)
{
    while (open("/dev/null", O_RDONLY) != -1)
        ;
    need("all descriptors in use", errno == EMFILE);
}

static void nobody(void)
{
    need("setgid", setgid(65534) == 0);
    need("setuid", setuid(65534) == 0);
    need("no way back", setuid(0) == -1);
}

static void elsewhere(void)
{
    need("chroot", chroot(".") == 0 && chdir("/") == 0);
    need("an empty root", access("/proc", F_OK) == -1);
}

static void not_dumpable(void)
{
    need("PR_SET_DUMPABLE", prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
    nobody();
}

static void no_growing_files(void)
{
    struct rlimit limit;
    need("getrlimit", getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = 0;
    need("setrlimit", setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* The program has something to say. */
static void growing_files(void)
{
    struct rlimit limit;
    need("getrlimit", getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == 0);
    limit.rlim_cur = limit.rlim_max;
    need("setrlimit", setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static const struct topic {
    const char *name;
    void (*in_the_middle)(void);
    void (*at_the_end)(void);
} topics[] = {
    {"limits from outside", nothing, nothing},
    {"no more addresses", no_more_addresses, nothing},
    {"little more data", little_more_data, nothing},
    {"no descriptors", no_descriptors, nothing},
    {"nobody", nobody, nothing},
    {"another root", elsewhere, nothing},
    {"not dumpable", not_dumpable, nothing},
    {"no growing files", no_growing_files, growing_files},
};

static int whole(const struct sparse *kept, unsigned seed)
{
    int good = at_work(seed);
    good &= sparse_painted(kept, 1);
    return good;
}

int main(int count, char **arguments)
{
    const struct topic *topic = topics;
    const struct topic *end = topics + sizeof topics / sizeof *topics;
    while (topic < end && (count < 2 || strcmp(arguments[1], topic->name) != 0))
        topic++;
    need("a topic", topic < end);
    struct sparse kept = sparse_new(3000, 10, 1);
    compact();
    int before = whole(&kept, 2) && at_work_in_child(&kept, 1, 3);
    topic->in_the_middle();
    int after = whole(&kept, 4);
    int children = at_work_in_child(&kept, 1, 5);
    after &= whole(&kept, 6);
    topic->at_the_end();
    check("blocks are whole before", before);
    check("blocks are whole after", after);
    check("children have their own", children);
    check("what was kept is whole", sparse_painted(&kept, 1));
    sparse_free(&kept);
    return 0;
}
