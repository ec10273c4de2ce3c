/* A host in C for a plugin in C++. Arguments: the plugin. */
#include <dlfcn.h>

#include "../check.h"

int main(int count, char **arguments)
{
    need("a plugin", count == 2);
    void *plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (!plugin)
        puts(dlerror());
    need("the plugin", plugin != NULL);
    int (*probe)(void) = (int (*)(void))dlsym(plugin, "probe");
    need("its function", probe != NULL);
    return probe();
}
