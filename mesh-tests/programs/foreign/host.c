/* Loads a plugin with RTLD_DEEPBIND, and exchanges blocks with it. Arguments: the plugin; what to look for. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "../check.h"

int main(int count, char **arguments)
{
    need("arguments", count == 3);
    void *plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (!plugin)
        puts(dlerror());
    need("the plugin", plugin != NULL);
    if (strcmp(arguments[2], "inner") == 0) {
        /* The plugin asks for a library that only its own run path leads to. */
        int (*load)(void) = (int (*)(void))dlsym(plugin, "load_inner");
        need("its function", load != NULL);
        check("the run path is the caller's", load() == 42);
        void *own = dlopen("libinner-of-nobody.so", RTLD_NOW | RTLD_DEEPBIND);
        const char *error = dlerror();
        check("an error is told", own == NULL && error && strstr(error, "libinner-of-nobody.so"));
        check("and told once", dlerror() == NULL);
        return 0;
    }
    char *(*make)(void) = (char *(*)(void))dlsym(plugin, "make");
    void (*drop)(void *) = (void (*)(void *))dlsym(plugin, "drop");
    void *(*grow)(void *, size_t) = (void *(*)(void *, size_t))dlsym(plugin, "grow");
    int (*by_itself)(void) = (int (*)(void))dlsym(plugin, "by_itself");
    const char *(*whose)(void) = (const char *(*)(void))dlsym(plugin, "whose");
    need("its functions", make && drop && grow && by_itself && whose);
    if (strcmp(arguments[2], "kept") == 0) {
        check("the flag is kept", strcmp(whose(), "the plugin's") == 0);
        free(make());
        check("a block of the plugin is taken", 1);
        return 0;
    }
    int holds = 1;
    for (size_t size = 1; size < 3000; size += 13) {
        drop(malloc(size));
        free(make());
        char *block = malloc(size + 10);
        strcpy(block, "precious");
        block = grow(block, 5000);
        holds = holds && strcmp(block, "precious") == 0;
        free(block);
        holds = holds && by_itself();
    }
    check("blocks are exchanged", holds);
    return 0;
}

/* For the plugin: it has one of this name too. */
const char *whose_is_it(void)
{
    return "the program's";
}
