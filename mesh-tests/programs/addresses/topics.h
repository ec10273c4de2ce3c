#ifndef TOPICS_H
#define TOPICS_H

#include "../sparse.h"

/* A figure of this process in /proc/self/status, in MiB. */
static inline size_t mebibytes(const char *name)
{
    char line[256];
    size_t kibibytes = 0, length = strlen(name);
    FILE *status = fopen("/proc/self/status", "r");
    need("status", status != NULL);
    while (fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, name, length) == 0)
            kibibytes = strtoul(line + length + 1, NULL, 10);
    fclose(status);
    return kibibytes >> 10;
}

void limits(void);
void sizes(void);
void advice(void);
void faults(void);

#endif
