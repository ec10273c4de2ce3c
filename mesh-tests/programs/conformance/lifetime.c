/* When memory may be asked for and given back: at any time, by anyone. */
#define _GNU_SOURCE
#include "../check.h"
#include "topics.h"
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

static void *from_constructor;

__attribute__((constructor)) static void before_main(void)
{
    from_constructor = malloc(1000);
    paint(from_constructor, 1000, 1);
}

__attribute__((destructor)) static void after_main(void)
{
    void *block = malloc(1000);
    check("a destructor can allocate and free", block != NULL);
    free(block);
    free(from_constructor);
}

static void at_exit(void)
{
    void *block = calloc(10, 1000);
    check("an exit handler can allocate and free", block != NULL && zero(block, 10000));
    free(block);
}

static void errno_survives(void)
{
    static const size_t sizes[] = {1, 100, 5000, 100000, 3 << 20, 300 << 20};
    int kept = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *block = malloc(sizes[i]);
        errno = 4711;
        free(block);
        kept &= errno == 4711;
    }
    errno = 4711;
    free(NULL);
    check("free keeps errno", kept && errno == 4711);
}

static void libc_allocates(void)
{
    char *copy = strdup("a string that libc copies");
    char *formatted = NULL;
    int length = asprintf(&formatted, "%s, %d", copy, 42);
    check("blocks of libc can be freed", copy && length == (int)strlen(formatted));
    free(copy);
    free(formatted);
    char *line = malloc(2);
    size_t capacity = 2;
    char text[] = "a line that is longer than the block that getline was given\nand another\n";
    FILE *file = fmemopen(text, sizeof text - 1, "r");
    ssize_t got = getline(&line, &capacity, file);
    check("libc reallocates our blocks", got == 60 && capacity > 60 && line[0] == 'a');
    free(line);
    fclose(file);
    char *path = realpath("/usr/../usr", NULL);
    check("realpath allocates", path && strcmp(path, "/usr") == 0);
    free(path);
}

static void *free_it(void *block)
{
    int same = painted(block, 500, 7);
    free(block);
    return same ? malloc(700) : NULL;
}

static void across_threads(void)
{
    void *block = malloc(500), *back = NULL;
    pthread_t thread;
    paint(block, 500, 7);
    need("a thread starts", pthread_create(&thread, NULL, free_it, block) == 0);
    pthread_join(thread, &back);
    check("a thread frees a block of another", back != NULL);
    free(back);
}

static void libraries_come_and_go(void)
{
    int loaded = 1;
    for (int i = 0; i < 100; i++) {
        void *library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
        loaded &= library != NULL && dlsym(library, "cos") != NULL;
        if (library)
            dlclose(library);
        loaded &= dlopen("/does/not/exist.so", RTLD_NOW) == NULL && dlerror() != NULL;
    }
    check("dlopen and dlclose", loaded);
}

void lifetime(void)
{
    check("a constructor can allocate", from_constructor && painted(from_constructor, 1000, 1));
    errno_survives();
    libc_allocates();
    across_threads();
    libraries_come_and_go();
    atexit(at_exit);
}
