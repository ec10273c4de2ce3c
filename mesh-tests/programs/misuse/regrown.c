/* Blocks that are gone, passed to what looks at them. */
#include "cases.h"

static void realloc_freed(void)
{
    char *one = block(40);
    free(one);
    need("memory", realloc(one, 4000) != NULL);
}

static void realloc_freed_with_one_between(void)
{
    char *one = block(40), *other = block(40);
    free(one);
    free(other);
    need("memory", realloc(one, 4000) != NULL);
}

static void realloc_freed_in_place(void)
{
    char *one = block(40);
    free(one);
    char *same = hidden(realloc(one, 44));
    free(same);
}

static void realloc_freed_large(void)
{
    char *one = block(200000);
    free(one);
    need("memory", realloc(one, 400000) != NULL);
}

static void realloc_freed_large_to_small(void)
{
    char *one = block(200000);
    free(one);
    need("memory", realloc(one, 40) != NULL);
}

static void reallocarray_freed(void)
{
    char *one = block(400);
    free(one);
    need("memory", reallocarray(one, 100, 40) != NULL);
}

static void usable_size_freed_large(void)
{
    char *one = block(200000);
    free(one);
    volatile size_t size = malloc_usable_size(one);
    (void)size;
}

static void usable_size_freed_huge(void)
{
    char *one = block(2000000);
    free(one);
    volatile size_t size = malloc_usable_size(one);
    (void)size;
}

static void usable_size_freed(void)
{
    char *one = block(40);
    free(one);
    volatile size_t size = malloc_usable_size(one);
    (void)size;
}

static void freed_with_trimming(void)
{
    char *one = block(40);
    free(one);
    char *other = block(300);
    free(other);
    malloc_trim(0);
    free(one);
}

const struct misuse regrown[] = {
    {"realloc-freed", AT_ONCE, realloc_freed},
    {"realloc-freed-one-between", AT_ONCE, realloc_freed_with_one_between},
    {"realloc-freed-in-place", AT_ONCE, realloc_freed_in_place},
    {"realloc-freed-large", AT_ONCE, realloc_freed_large},
    {"realloc-freed-large-to-small", AT_ONCE, realloc_freed_large_to_small},
    {"reallocarray-freed", AT_ONCE, reallocarray_freed},
    {"usable-size-freed-huge", AT_ONCE, usable_size_freed_huge},
    {"usable-size-freed-large", UNNOTICED, usable_size_freed_large},
    {"usable-size-freed", UNNOTICED, usable_size_freed},
    {"twice-with-trimming", BY_THE_END, freed_with_trimming},
    {NULL, SOUND, NULL},
};
