/* Preloaded behind the library under test: appends to $WITNESS_NOTES which program this is and
 * which file its malloc comes from. One write, so that processes do not mix their lines. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char program[4096];
static char line[9000];

/* The object that defines `function`, or NULL. */
static struct link_map *definer(void *function)
{
    Dl_info info;
    struct link_map *map;
    const ElfW(Sym) *symbol;
    if (function == NULL || dladdr1(function, &info, (void **)&map, RTLD_DL_LINKMAP) == 0
        || dladdr1(function, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0)
        return NULL;
    /* A program at a fixed address may lend its own name to a function that it only calls. */
    return symbol != NULL && symbol->st_shndx == SHN_UNDEF ? NULL : map;
}

static const char *provider_of_malloc(void)
{
    struct link_map *map = definer(dlsym(RTLD_DEFAULT, "malloc"));
    struct link_map *next = _r_debug.r_map;
    /* Then it is the first library that has one: the loader lists them in the order of search. */
    while (map == NULL && (next = next->l_next) != NULL) {
        void *library = dlopen(next->l_name, RTLD_LAZY | RTLD_NOLOAD);
        if (library == NULL)
            continue;
        map = definer(dlsym(library, "malloc"));
        dlclose(library);
    }
    /* The main program's entry has no name. */
    return map == NULL ? "nothing" : map->l_name[0] == '\0' ? program : map->l_name;
}

__attribute__((constructor)) static void note(void)
{
    const char *notes = getenv("WITNESS_NOTES");
    if (notes == NULL || readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        return;
    int size = snprintf(line, sizeof line, "%s\t%s\n", program, provider_of_malloc());
    int descriptor = open(notes, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return;
    if (write(descriptor, line, (size_t)size) != size)
        fputs("witness: cannot write\n", stderr);
    close(descriptor);
}
