/* Physical memory of a process, each page counted once: KiB. Allocates nothing: the heap may be at its limit. */
#ifndef PHYSICAL_H
#define PHYSICAL_H

#include "check.h"
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

static inline long physical(pid_t process)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    need("smaps_rollup", file >= 0);
    size_t len = 0;
    ssize_t got;
    while (len < sizeof text - 1 && (got = read(file, text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)got;
    close(file);
    text[len] = 0;
    const char *line = strstr(text, "\nPss: ");
    need("Pss", line != NULL);
    return atol(line + 6);
}

#endif
