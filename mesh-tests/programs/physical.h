/* Physical memory of a process, each page counted once: KiB. */
#ifndef PHYSICAL_H
#define PHYSICAL_H

#include "check.h"
#include <sys/types.h>

static inline long physical(pid_t process)
{
    char path[64], line[256];
    long pss = 0, amount;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)process);
    FILE *file = fopen(path, "r");
    need("smaps_rollup", file != NULL);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "Pss: %ld kB", &amount) == 1)
            pss = amount;
    fclose(file);
    return pss;
}

#endif
