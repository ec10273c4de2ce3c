/* What the library keeps to itself comes back when the objects are gone: in KiB of Pss, but for files: how much of its code a
   process has mapped, and with how many it shares that, is another matter. */
#define _GNU_SOURCE
#include "../check.h"
#include <malloc.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { COUNT = 1200000, SIZE = 200, MOST = 1024 };

static unsigned char *objects[COUNT];
static long before;

static long memory(void)
{
    char line[256];
    long sum = 0, amount;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    need("smaps_rollup", file != NULL);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "Pss_Anon: %ld kB", &amount) == 1 || sscanf(line, "Pss_Shmem: %ld kB", &amount) == 1)
            sum += amount;
    fclose(file);
    return sum;
}

static void fill(void)
{
    for (int i = 0; i < COUNT; i++) {
        objects[i] = malloc(SIZE);
        need("an object", objects[i] != NULL);
        memset(objects[i], 1, SIZE);
    }
    need("many spans", memory() > before + COUNT / 1024 * SIZE);
}

static void release(int from, int to)
{
    for (int i = from; i < to; i++) {
        free(objects[i]);
        objects[i] = NULL;
    }
}

/* The memory of the objects from `from` on. */
static long live(int from)
{
    size_t bytes = 0;
    for (int i = from; i < COUNT; i++)
        bytes += malloc_usable_size(objects[i]);
    return (long)(bytes / 1024);
}

/* What is taken beside `live` KiB of objects falls to 2 % of them and a mebibyte, for as long as one could wait. */
static int falls_to_little(long expected)
{
    long most = before + expected + expected / 50 + MOST;
    for (int tries = 0; tries < 100 && memory() > most; tries++)
        usleep(100000);
    if (memory() > most)
        printf("%ld KiB too much\n", memory() - most);
    return memory() <= most;
}

int main(void)
{
    /* The array itself. */
    memset(objects, 1, sizeof objects);
    memset(objects, 0, sizeof objects);
    before = memory();
    for (int round = 0; round < 2; round++) {
        fill();
        release(0, COUNT);
        check("nothing is live, and little is kept", falls_to_little(0));
    }
    fill();
    /* The last ones: of their spans most records have high numbers. */
    release(0, COUNT - 50000);
    check("what is live was made last", falls_to_little(live(COUNT - 50000)));
    release(COUNT - 50000, COUNT);
    fill();
    unsigned state = 1;
    for (int i = 0; i < COUNT; i++)
        if (next_random(&state) % 8)
            release(i, i + 1);
    long scattered = memory();
    for (int tries = 0; tries < 100 && memory() > scattered / 2; tries++)
        usleep(100000);
    check("what is scattered is meshed", memory() < scattered / 2);
    release(0, COUNT);
    check("meshed spans leave nothing either", falls_to_little(0));
    return 0;
}
