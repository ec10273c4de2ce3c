/* A program that exports an allocator of its own: what functions of the C library give it are blocks of that allocator. */
#define _GNU_SOURCE
#include "../check.h"
#include <limits.h>
#include <stdint.h>
#include <unistd.h>
#include <wchar.h>

static _Alignas(16) char arena[1 << 24];
static size_t used;
static int foreign;

/* The size lies in front of each block. */
void *malloc(size_t size)
{
    size_t at = __atomic_fetch_add(&used, (size + 31) & ~(size_t)15, __ATOMIC_RELAXED);
    *(size_t *)(void *)(arena + at) = size;
    return arena + at + 16;
}

static int is_own(const void *block)
{
    return (uintptr_t)block - (uintptr_t)arena < sizeof arena;
}

void free(void *block)
{
    foreign += block && !is_own(block);
}

void *calloc(size_t count, size_t size)
{
    return memset(malloc(count * size), 0, count * size);
}

void *realloc(void *block, size_t size)
{
    char *new = malloc(size);
    if (block && is_own(block)) {
        size_t old = *(size_t *)(void *)((char *)block - 16);
        memcpy(new, block, old < size ? old : size);
    }
    free(block);
    return new;
}

void *memalign(size_t align, size_t size)
{
    uintptr_t at = (uintptr_t)malloc(size + align);
    return (void *)((at + align - 1) & ~(align - 1));
}

static void own(const char *name, void *block)
{
    free(block);
    check(name, block && !foreign);
    foreign = 0;
}

int main(void)
{
    char *line = NULL, *text = NULL;
    size_t room = 0;
    FILE *file = fopen("/proc/self/status", "r");
    need("a line", getline(&line, &room, file) > 0);
    own("getline", line);
    line = NULL;
    need("a line", getdelim(&line, &room, ':', file) > 0);
    own("getdelim", line);
    fclose(file);
    own("strdup", strdup("text"));
    own("strndup", strndup("text", 2));
    own("wcsdup", wcsdup(L"text"));
    need("a text", asprintf(&text, "%d", 7) == 1);
    own("asprintf", text);
    own("realpath", realpath("/proc", NULL));
    own("getcwd", getcwd(NULL, 0));
    return 0;
}
