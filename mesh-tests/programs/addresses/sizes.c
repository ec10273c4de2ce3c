/* How many addresses there are: as many as are used, and about as many as any other allocator needs. */
#define _GNU_SOURCE
#include "topics.h"
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

enum { MIB = 1 << 20, SMALL = 40000, LARGE = 300 };

/* Bytes of mappings that are wanted in core files, whether or not there is anything in them, in MiB. */
static size_t dumped(void)
{
    unsigned long from, to, size = 0, sum = 0;
    char line[4096], access[5];
    FILE *file = fopen("/proc/self/smaps", "r");
    need("smaps", file != NULL);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%lx-%lx %4s", &from, &to, access) == 3)
            size = to - from;
        else if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " dd") == NULL)
            sum += size;
    fclose(file);
    return sum / MIB;
}

/* All there is, as far as a process may lock so much. */
static void locked(void)
{
    if (mlockall(MCL_CURRENT) != 0) {
        check("mlockall locks what is used", errno == EPERM || errno == ENOMEM);
        return;
    }
    char *block = malloc(64 << 20);
    need("a block", block != NULL);
    block[0] = 1;
    free(block);
    for (int i = 0; i < 1000; i++)
        free(malloc(500));
    check("mlockall locks what is used", mebibytes("VmLck") <= 150);
    munlockall();
}

void sizes(void)
{
    static char *small[SMALL], *large[LARGE];
    size_t before = mebibytes("VmSize");
    free(malloc(1));
    check("a program that has little has few addresses", mebibytes("VmSize") <= before + 64);
    for (int i = 0; i < SMALL; i++)
        memset(small[i] = malloc(1000), 1, 1000);
    for (int i = 0; i < LARGE; i++)
        (large[i] = malloc(8 * MIB))[0] = 1;
    size_t used = before + SMALL / 1000 + LARGE * 8;
    check("one that has much has about as many", mebibytes("VmSize") <= used + used / 2);
    check("the heap is in core files", dumped() >= LARGE * 8);
    for (int i = 0; i < LARGE; i++)
        free(large[i]);
    check("they go back", mebibytes("VmSize") <= before + 1024);
    for (int i = 0; i < SMALL; i++)
        if (i % 10)
            free(small[i]);
    compact();
    check("little is in core files then", dumped() <= before + 700);
    locked();
}
