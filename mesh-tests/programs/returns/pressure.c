/* A fragmented heap in a control group that becomes full: what comes of its physical memory. Arguments: `first`, the group's directory, its limit in
 * MiB; or `second`, or `stalls`, where the files of a group of the second version are made up; and then `falls` or `stays`. */
#define _GNU_SOURCE
#include "../check.h"
#include "../physical.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20, SIZE = 256, COUNT = 30 * MIB / SIZE, KEPT = 8 };

static double taken(void)
{
    return (double)physical(getpid()) / 1024;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned char *blocks[COUNT];

static void *block(size_t size)
{
    void *made = malloc(size);
    need("a block", made != NULL);
    return made;
}

static void fragment(int count)
{
    for (int i = 0; i < count; i++) {
        blocks[i] = block(SIZE);
        paint(blocks[i], SIZE, (unsigned)i);
    }
    unsigned state = 1;
    for (int i = 0; i < count; i += KEPT) {
        int lucky = i + (int)(next_random(&state) % KEPT);
        for (int j = i; j < i + KEPT; j++)
            if (j != lucky) {
                free(blocks[j]);
                blocks[j] = NULL;
            }
    }
}

static int are_whole(void)
{
    int good = 1;
    for (int i = 0; i < COUNT; i++)
        good &= !blocks[i] || painted(blocks[i], SIZE, (unsigned)i);
    return good;
}

static void set(const char *file, double value, const char *format)
{
    char path[256];
    snprintf(path, sizeof path, "/sys/fs/cgroup/%s", file);
    FILE *stream = fopen(path, "w");
    need("a made-up file", stream != NULL && fprintf(stream, format, value) > 0);
    fclose(stream);
}

static const char stalls[] = "some avg10=0.00 avg60=0.00 avg300=0.00 total=%.0f\n";

/* The files of a group of the second version, with room enough. */
static void make_up(void)
{
    need("a name space", unshare(CLONE_NEWNS) == 0);
    need("private mounts", mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    need("a file system", mount("none", "/sys/fs/cgroup", "tmpfs", 0, NULL) == 0);
    set("cgroup.controllers", 0, "memory\n");
    set("memory.high", 0, "max\n");
    set("memory.max", 100.0 * MIB, "%.0f\n");
    set("memory.current", 50.0 * MIB, "%.0f\n");
    set("memory.pressure", 0, stalls);
}

/* Bytes that the group uses, without what the kernel takes back first. */
static size_t used(const char *group)
{
    char path[4096], line[256];
    size_t bytes = 0, spare = 0;
    snprintf(path, sizeof path, "%s/memory.usage_in_bytes", group);
    FILE *file = fopen(path, "r");
    need("the group's figures", file != NULL && fscanf(file, "%zu", &bytes) == 1);
    fclose(file);
    snprintf(path, sizeof path, "%s/memory.stat", group);
    file = fopen(path, "r");
    need("the group's statistics", file != NULL);
    while (fgets(line, sizeof line, file))
        sscanf(line, "total_inactive_file %zu", &spare);
    fclose(file);
    return bytes - spare;
}

/* Fills the group to 97 % of its limit. */
static void fill(const char *group, size_t limit)
{
    enum { STEP = 64 << 10 };
    while (used(group) < limit / 100 * 97) {
        unsigned char *more = mmap(NULL, STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        need("memory below the limit", more != MAP_FAILED);
        memset(more, 1, STEP);
    }
}

/* Works a little, with sleeps in which no cycle begins, for so many seconds, or until no more than `least` MiB are there; says whether that is so. */
static int falls(double least, double longest, int stalled)
{
    double waited = 0;
    for (double end = seconds() + longest; seconds() < end && taken() > least; usleep(5000)) {
        for (int i = 0; i < 20; i++)
            free(block(300000));
        if (stalled)
            set("memory.pressure", waited += 10000, stalls);
    }
    return taken() <= least;
}

/* The first cycle comes whatever the period: it finds a small heap. */
static void first_cycle(void)
{
    fragment(COUNT / 5);
    /* Sleeps that are long enough for all of it. */
    for (int i = 0; i < 60; i++) {
        usleep(20000);
        free(block(300000));
    }
    for (int i = 0; i < COUNT; i++) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
}

int main(int count, char **arguments)
{
    need("arguments", count >= 3);
    int is_first = strcmp(arguments[1], "first") == 0, is_stalled = strcmp(arguments[1], "stalls") == 0;
    int should_fall = strcmp(arguments[count - 1], "falls") == 0;
    if (!is_first)
        make_up();
    first_cycle();
    double before = taken();
    fragment(COUNT);
    double peak = taken() - before;
    need("a heap", peak > 28);
    check("it stays while there is room", !falls(before + peak * 0.8, 2.5, 0));
    double most = before + peak / 2;
    if (is_first) {
        need("arguments", count == 5);
        double others = taken();
        fill(arguments[2], strtoul(arguments[3], NULL, 10) * MIB);
        most += taken() - others;
    } else if (!is_stalled) {
        set("memory.current", 97.0 * MIB, "%.0f\n");
    }
    check(should_fall ? "it falls" : "it stays", falls(most, should_fall ? 10 : 3.5, is_stalled) == should_fall);
    check("blocks are whole", are_whole());
    return 0;
}
