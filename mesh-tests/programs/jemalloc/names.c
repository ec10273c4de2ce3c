/* How each name of mallctl answers sizes, right and wrong ones, but for the figures: one line for each name given, to be compared with
 * those of another library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int by_name(const char *, void *, size_t *, void *, size_t);
typedef int to_mib(const char *, size_t *, size_t *);
typedef int by_mib(const size_t *, size_t, void *, size_t *, void *, size_t);

static const size_t SIZES[] = {0, 1, 4, 8, 16};

/* What may be written can be either of the two last, but not both. */
enum { ROOM = 32, UNTOUCHED = 0xee, AS_WELL = 0x11 };

/* jemalloc's function, or else that of mesh.h. */
static void *function(const char *name)
{
    char ours[64];
    snprintf(ours, sizeof ours, "mesh_%s", name);
    void *found = dlsym(RTLD_DEFAULT, name);
    return found != NULL ? found : dlsym(RTLD_DEFAULT, ours);
}

/* The number of bytes up to the last one that was written; before all were `untouched`. */
static size_t written(const unsigned char *bytes, unsigned char untouched)
{
    size_t count = ROOM;
    while (count > 0 && bytes[count - 1] == untouched)
        count--;
    return count;
}

int main(int count, char **arguments)
{
    by_name *control = (by_name *)function("mallctl");
    to_mib *numbers = (to_mib *)function("mallctlnametomib");
    by_mib *control_by = (by_mib *)function("mallctlbymib");
    if (control == NULL || numbers == NULL || control_by == NULL)
        return 2;
    for (int i = 1; i < count; i++) {
        const char *name = arguments[i];
        size_t mib[8], parts = 8, few = 1;
        int found = numbers(name, mib, &parts);
        printf("%s: mib %d/%zu", name, found, found == 0 ? parts : 0);
        /* A part of it, where there is room for a part only. */
        printf(" %d/%zu", numbers(name, mib, &few), few);
        few = 1;
        found = numbers(name, mib, &parts);
        for (size_t j = 0; j < sizeof SIZES / sizeof *SIZES; j++) {
            unsigned char bytes[ROOM];
            memset(bytes, UNTOUCHED, sizeof bytes);
            size_t size = SIZES[j];
            int error = control(name, bytes, &size, NULL, 0);
            size_t told = size, count = written(bytes, UNTOUCHED), other = 0;
            const char *alike = "";
            if (found == 0) {
                memset(bytes, AS_WELL, sizeof bytes);
                size = SIZES[j];
                int again = control_by(mib, parts, bytes, &size, NULL, 0);
                alike = again == error ? " same" : " another";
                other = written(bytes, AS_WELL);
            }
            printf(" | read %zu: %d %zu %zu%s", SIZES[j], error, told, count > other ? count : other, alike);
        }
        for (size_t j = 0; j < sizeof SIZES / sizeof *SIZES; j++) {
            char zero[ROOM] = {0};
            printf(" | set %zu: %d", SIZES[j], control(name, NULL, NULL, zero, SIZES[j]));
        }
        /* Orders are carried out where nothing is asked. */
        size_t size = 8;
        printf(" | nothing %d, a size without a place %d\n", control(name, NULL, NULL, NULL, 0),
               control(name, NULL, &size, NULL, 0));
    }
    return 0;
}
