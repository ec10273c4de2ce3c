/* Whether another thread sleeps in the kernel. */
#ifndef ASLEEP_H
#define ASLEEP_H

#include "../check.h"
#include <sys/types.h>
#include <unistd.h>

static inline int sleeps(pid_t thread)
{
    char path[64], state = 'R';
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'R';
    fclose(file);
    return state == 'S';
}

/* Waits until a thread that will write its number has done so, and sleeps for more than a moment: the library may make it wait that long. */
static inline void until_asleep(pid_t *number)
{
    pid_t thread;
    for (int looks = 0; looks < 4; usleep(1000))
        looks = (thread = __atomic_load_n(number, __ATOMIC_ACQUIRE)) != 0 && sleeps(thread) ? looks + 1 : 0;
}

#endif
