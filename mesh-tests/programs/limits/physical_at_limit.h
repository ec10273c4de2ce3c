/* Physical memory of the calling process, each page counted once: KiB. Allocates nothing: the heap is at its limit. */
#ifndef PHYSICAL_AT_LIMIT_H
#define PHYSICAL_AT_LIMIT_H

#include "../check.h"
#include <fcntl.h>
#include <unistd.h>

static inline long physical_at_limit(void)
{
    char text[4096];
    int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
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
