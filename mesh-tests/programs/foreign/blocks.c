/* Blocks of the C library's own malloc, and of a second copy of it, in the functions of ours: nothing is lost. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>

#include "../check.h"

struct allocator {
    void *(*take)(size_t);
    void *(*take_zeroed)(size_t, size_t);
    void *(*take_aligned)(size_t, size_t);
};

static struct allocator of(void *library)
{
    need("a library", library != NULL);
    struct allocator found = {
        (void *(*)(size_t))dlsym(library, "malloc"),
        (void *(*)(size_t, size_t))dlsym(library, "calloc"),
        (void *(*)(size_t, size_t))dlsym(library, "memalign"),
    };
    need("its functions", found.take && found.take_zeroed && found.take_aligned);
    return found;
}

static struct allocator theirs;

static int grows(size_t from, size_t to)
{
    char *block = theirs.take(from);
    paint(block, from, 5);
    block = realloc(block, to);
    size_t kept = from < to ? from : to;
    int holds = block != NULL && painted(block, kept, 5);
    block = reallocarray(block, 2, to);
    holds = holds && block != NULL && painted(block, kept, 5);
    free(block);
    return holds;
}

static double resident(void)
{
    long pages = 0, all = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    need("statm", file != NULL && fscanf(file, "%ld %ld", &all, &pages) == 2);
    fclose(file);
    return (double)pages * 4096 / (1 << 20);
}

static void *some(void *nothing)
{
    for (size_t size = 1; size < 1000000; size = size * 3 + 1) {
        free(theirs.take(size));
        free(realloc(theirs.take(size), size * 2));
    }
    return nothing;
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1) {
        /* Small ones, and they do not grow: the C library itself ends the program for more of another copy's. */
        theirs = of(dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW));
        for (size_t size = 1; size < 500; size += 7)
            free(theirs.take(size));
        check("blocks of another copy are taken", 1);
        return 0;
    }
    theirs = of(dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD));
    check("grows", grows(100, 5000));
    check("shrinks", grows(5000, 100));
    check("grows far", grows(5000, 5000000));
    check("grows from far", grows(1000000, 5000000));
    check("shrinks from far", grows(5000000, 50));

    char *block = theirs.take(100);
    check("its usable size is known", malloc_usable_size(block) >= 100);
    errno = 77;
    free(block);
    check("free leaves errno alone", errno == 77);
    block = theirs.take(100);
    paint(block, 100, 3);
    int refused = realloc(block, opaque(PTRDIFF_MAX)) == NULL && errno == ENOMEM;
    check("a block that cannot grow stays", refused && painted(block, 100, 3));
    check("realloc to nothing frees", realloc(block, opaque(0)) == NULL);
    free(theirs.take_zeroed(100, 100));
    free(theirs.take_aligned(4096, 100));
    free(theirs.take_aligned(1 << 20, 1 << 20));

    /* 200 MiB go back to where they came from. */
    double before = resident();
    for (int i = 0; i < 3200; i++) {
        char *page = theirs.take(65536);
        memset(page, 1, 65536);
        free(page);
    }
    check("what is freed is used again", resident() - before < 20);

    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        need("a thread", pthread_create(&threads[i], NULL, some, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    check("in threads as well", 1);
    return 0;
}
