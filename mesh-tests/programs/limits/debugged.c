/* Dies with a core file, in which a debugger is to find a list of objects: most of them on pages that they share. */
#define _GNU_SOURCE
#include "at_work.h"
#include <stdint.h>
#include <sys/resource.h>

struct item {
    int number;
    char name[60];
    struct item *next;
    double weight;
};

/* The debugger begins here. */
struct item *first;

/* How many of the objects lie on shared pages. */
static int on_shared_pages(void)
{
    unsigned long start, end;
    char line[4096], access[5];
    int found = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    need("maps", file != NULL);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%lx-%lx %4s", &start, &end, access) == 3 && access[3] == 's')
            for (struct item *item = first; item != NULL; item = item->next)
                found += (uintptr_t)item >= start && (uintptr_t)item < end;
    fclose(file);
    return found;
}

int main(void)
{
    enum { ITEMS = 20000, ONE_IN = 10 };
    static struct item *all[ITEMS];
    for (int i = 0; i < ITEMS; i++)
        all[i] = malloc(sizeof *all[i]);
    for (int i = 0; i < ITEMS; i++) {
        if (i % ONE_IN != 0) {
            free(all[i]);
            continue;
        }
        all[i]->number = i;
        snprintf(all[i]->name, sizeof all[i]->name, "item %d", i);
        all[i]->weight = i / 4.0;
        all[i]->next = first;
        first = all[i];
    }
    malloc_trim(0);
    printf("shared: %d\n", on_shared_pages() > ITEMS / ONE_IN / 2);
    fflush(stdout);
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        return 1;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_CORE, &limit) != 0)
        return 1;
    abort();
}
