/* Memory that is not used any more comes back while the program works: in MiB of Pss, which the program can spare. */
#define _GNU_SOURCE
#include "../check.h"
#include "../physical.h"
#include <malloc.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

static double taken(void)
{
    return (double)physical(getpid()) / 1024;
}

/* What the program takes without the blocks. */
static double before;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static char *block(size_t size)
{
    char *made = malloc(size);
    need("a block", made != NULL);
    memset(made, 1, size);
    return made;
}

/* Takes and gives back blocks of `size` bytes until no more than `least` MiB are there, for as long as one could wait. */
static int falls_to(double least, size_t size)
{
    char *some[20];
    for (double end = seconds() + 20; seconds() < end && taken() > least;)
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < 20; i++)
                some[i] = block(size);
            for (int i = 0; i < 20; i++)
                free(some[i]);
        }
    return taken() <= least;
}

static void after_a_burst(size_t size, const char *name)
{
    static char *blocks[200];
    for (int i = 0; i < 200; i++)
        blocks[i] = block(MIB);
    need("a burst", taken() > 190);
    for (int i = 0; i < 200; i++)
        free(blocks[i]);
    check(name, falls_to(before + 20.0 * (double)size / MIB + 16, size));
}

static void two_that_shrink(void)
{
    char *two[2] = {block(MIB), block(MIB)};
    for (size_t size = 2 * MIB; size <= 128u * MIB; size *= 2)
        for (int i = 0; i < 2; i++) {
            two[i] = realloc(two[i], size);
            need("a longer block", two[i] != NULL);
            memset(two[i] + size / 2, i, size / 2);
        }
    need("two long blocks", taken() > 250);
    for (int i = 0; i < 2; i++) {
        two[i] = realloc(two[i], 2 * MIB);
        need("a shorter block", two[i] != NULL && two[i][MIB - 1] == 1 && two[i][2 * MIB - 1] == i);
    }
    for (int i = 0; i < 40; i++) {
        usleep(50000);
        free(block(100000));
    }
    check("what was cut off is gone", taken() < before + 16);
    for (int i = 0; i < 2; i++)
        free(two[i]);
}

static void two_that_grow(void)
{
    size_t size = 512 << 10, step = 64 << 10, moves = 0;
    char *two[2] = {block(size), block(size)};
    for (; size < 40u * MIB; size += step)
        for (int i = 0; i < 2; i++) {
            char *longer = realloc(two[i], size + step);
            need("a longer block", longer != NULL);
            moves += longer != two[i];
            two[i] = longer;
            memset(longer + size, 1, step);
        }
    check("two that grow by small steps seldom move", moves < 60);
    check("room to grow takes no memory", taken() < before + 80 + 16);
    int is_kept = 1;
    for (int i = 0; i < 2; i++) {
        for (size_t at = 0; at < size; at += 4096)
            is_kept &= two[i][at] == 1;
        free(two[i]);
    }
    check("what grew keeps its bytes", is_kept);
}

static void aligned(void)
{
    enum { COUNT = 800, SIZE = 65536 };
    static void *blocks[COUNT];
    unsigned state = 1;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < COUNT; i++) {
            if (blocks[i] && next_random(&state) % 2) {
                free(blocks[i]);
                blocks[i] = NULL;
            }
            if (!blocks[i]) {
                need("an aligned block", posix_memalign(&blocks[i], SIZE, SIZE) == 0);
                memset(blocks[i], 1, SIZE);
            }
        }
    }
    check("aligned blocks find holes that fit", taken() < before + 1.1 * COUNT * SIZE / MIB + 8);
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
}

int main(void)
{
    before = taken();
    aligned();
    after_a_burst(MIB, "a burst, then long blocks");
    after_a_burst(100000, "a burst, then blocks of 25 pages");
    after_a_burst(3000, "a burst, then small blocks");
    two_that_shrink();
    two_that_grow();
    return 0;
}
