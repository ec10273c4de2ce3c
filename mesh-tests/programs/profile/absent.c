/* mesh_mallctl("prof.…") without a heap profile. */
#include "../check.h"
#include <errno.h>

extern int mesh_mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size) __attribute__((weak));

int main(void)
{
    char on = 1, off = 0, value = 77;
    size_t size = sizeof value, number = 77, number_size = sizeof number;
    const char *file = "never";
    check("there is none", mesh_mallctl("opt.prof", &value, &size, NULL, 0) == 0 && value == 0);
    check("it could be had", mesh_mallctl("config.prof", &value, &size, NULL, 0) == 0 && value == 1);
    check("not active", mesh_mallctl("prof.active", &value, &size, NULL, 0) == 0 && value == 0);
    check("it cannot be", mesh_mallctl("prof.active", NULL, NULL, &on, 1) == ENOENT);
    check("it may be off", mesh_mallctl("prof.active", NULL, NULL, &off, 1) == 0);
    check("no file", mesh_mallctl("prof.dump", NULL, NULL, &file, sizeof file) == ENOENT);
    check("no reset", mesh_mallctl("prof.reset", NULL, NULL, NULL, 0) == ENOENT);
    check("no interval", mesh_mallctl("prof.lg_sample", &number, &number_size, NULL, 0) == 0 && number == 0);
    return 0;
}
