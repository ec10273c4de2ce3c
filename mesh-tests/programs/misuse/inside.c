/* Addresses inside of a block, before it and behind it. */
#include "cases.h"

static void free_at(size_t size, ptrdiff_t offset)
{
    char *before = block(size), *one = block(size), *behind = block(size);
    free(one + offset);
    (void)before;
    (void)behind;
}

static void one_byte(void) { free_at(40, 1); }
static void a_word(void) { free_at(40, 8); }
static void a_quantum(void) { free_at(100, 16); }
static void two_quanta(void) { free_at(100, 32); }
static void before_by_a_word(void) { free_at(40, -8); }
static void before_by_a_quantum(void) { free_at(100, -16); }
static void inside_a_kibibyte(void) { free_at(1000, 512); }
static void inside_pages(void) { free_at(20000, 4096); }
static void inside_a_large_one(void) { free_at(200000, 64); }
static void inside_a_large_one_at_a_page(void) { free_at(200000, 8192); }
static void the_last_page_of_a_large_one(void) { free_at(200000, 196608); }
static void before_a_large_one(void) { free_at(200000, -16); }
static void behind_a_large_one(void) { free_at(200704, 200704 - 4096); }
static void inside_a_huge_one(void) { free_at(64 << 20, 32 << 20); }

static void moved_on(void)
{
    char *text = hidden(strdup("a string that is walked along until its end")), *at = text;
    while (*at && *at != 'w')
        at++;
    free(at);
}

static void array_of_structures(void)
{
    struct pair {
        long key, value;
    } *pairs = malloc(10 * sizeof *pairs);
    free(hidden(&pairs[3]));
}

static void realloc_inside(void)
{
    char *one = block(100);
    char *grown = hidden(realloc(one + 16, 5000));
    free(grown);
}

static void realloc_by_a_byte(void)
{
    char *one = block(100);
    need("memory", realloc(one + 1, 5000) != NULL);
}

static void realloc_inside_large(void)
{
    char *one = block(200000);
    need("memory", realloc(one + 4096, 500000) != NULL);
}

static void usable_size_inside(void)
{
    char *one = block(100);
    volatile size_t size = malloc_usable_size(one + 4);
    (void)size;
}

static void usable_size_inside_large(void)
{
    char *one = block(200000);
    volatile size_t size = malloc_usable_size(one + 4096);
    (void)size;
}

const struct misuse inside[] = {
    {"inside-one-byte", AT_ONCE, one_byte},
    {"inside-a-word", AT_ONCE, a_word},
    {"inside-a-quantum", BY_THE_END, a_quantum},
    {"inside-two-quanta", BY_THE_END, two_quanta},
    {"before-by-a-word", AT_ONCE, before_by_a_word},
    {"before-by-a-quantum", BY_THE_END, before_by_a_quantum},
    {"inside-kibibyte", BY_THE_END, inside_a_kibibyte},
    {"inside-pages", BY_THE_END, inside_pages},
    {"inside-large", AT_ONCE, inside_a_large_one},
    {"inside-large-at-a-page", AT_ONCE, inside_a_large_one_at_a_page},
    {"inside-large-last-page", AT_ONCE, the_last_page_of_a_large_one},
    {"before-large", AT_ONCE, before_a_large_one},
    {"inside-large-at-its-end", AT_ONCE, behind_a_large_one},
    {"inside-huge", AT_ONCE, inside_a_huge_one},
    {"inside-walked-along", BY_THE_END, moved_on},
    {"inside-array", BY_THE_END, array_of_structures},
    {"realloc-inside", AT_ONCE, realloc_inside},
    {"realloc-by-a-byte", AT_ONCE, realloc_by_a_byte},
    {"realloc-inside-large", AT_ONCE, realloc_inside_large},
    {"usable-size-inside", AT_ONCE, usable_size_inside},
    {"usable-size-inside-large", AT_ONCE, usable_size_inside_large},
    {NULL, SOUND, NULL},
};
