/* What a plugin does with blocks. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *whose_is_it(void);

const char *whose_is_it(void)
{
    return "the plugin's";
}

const char *whose(void)
{
    return whose_is_it();
}

char *make(void)
{
    return strdup("hello");
}

void drop(void *block)
{
    free(block);
}

void *grow(void *block, size_t size)
{
    return realloc(block, size);
}

int by_itself(void)
{
    char *text = NULL;
    if (asprintf(&text, "%d", 42) != 2)
        return 0;
    free(text);
    text = realpath("/proc", NULL);
    free(text);
    size_t size = 0;
    text = NULL;
    FILE *file = fopen("/proc/self/status", "r");
    int holds = file && getline(&text, &size, file) > 0;
    free(text);
    fclose(file);
    return holds;
}

int load_inner(void)
{
    void *inner = dlopen("libinner.so", RTLD_NOW | RTLD_DEEPBIND);
    int (*answer)(void) = inner ? (int (*)(void))dlsym(inner, "answer") : NULL;
    if (!inner)
        puts(dlerror());
    return answer ? answer() : 0;
}

int answer(void)
{
    return 42;
}
