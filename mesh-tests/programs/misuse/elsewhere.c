/* Addresses of memory that no allocator has handed out. */
#include <sys/mman.h>

#include "cases.h"

static char in_data[256] __attribute__((aligned(16))) = "precious";
static char in_bss[4096] __attribute__((aligned(16)));
static __thread char in_tls[64] __attribute__((aligned(16)));

static void of_the_stack(void)
{
    char local[64] __attribute__((aligned(16))) = {0};
    free(hidden(local));
}

static void of_the_stack_unaligned(void)
{
    char local[64] __attribute__((aligned(16))) = {0};
    free(hidden(local) + 3);
}

static void of_data(void) { free(hidden(in_data)); }
static void of_bss(void) { free(hidden(in_bss) + 64); }
static void of_tls(void) { free(hidden(in_tls)); }
static void of_a_literal(void) { free(hidden((void *)(uintptr_t) "a literal of some length")); }
static void of_a_function(void) { free(hidden((void *)(uintptr_t)of_a_function)); }
static void of_an_argument(void)
{
    extern char **environ;
    free(hidden(environ[0]));
}

static void of_a_mapping(void)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need("pages", pages != MAP_FAILED);
    free(hidden(pages) + 4096);
}

static void of_a_wild_address(void) { free(hidden((void *)0x123456789a0)); }
static void of_a_small_number(void) { free(hidden((void *)0x40)); }
static void of_a_non_canonical_address(void) { free(hidden((void *)0xdeadbeefdeadbef0)); }

static void realloc_of_data(void) { need("memory", realloc(hidden(in_data), 1000) != NULL); }
static void realloc_of_the_stack(void)
{
    char local[64] __attribute__((aligned(16))) = {0};
    need("memory", realloc(hidden(local), 1000) != NULL);
}
static void realloc_of_a_literal(void)
{
    need("memory", realloc(hidden((void *)(uintptr_t) "some literal"), 1000) != NULL);
}
static void usable_size_of_a_wild_address(void)
{
    volatile size_t size = malloc_usable_size(hidden((void *)0x123456789a0));
    (void)size;
}

static void never_written(void)
{
    /* What the last owner left behind, used as a pointer. */
    char **table = (char **)(void *)block(64);
    memset(table, 0x41, 64);
    free(table[2]);
}

const struct misuse elsewhere[] = {
    {"of-stack", AT_ONCE, of_the_stack},
    {"of-stack-unaligned", AT_ONCE, of_the_stack_unaligned},
    {"of-data", AT_ONCE, of_data},
    {"of-bss", AT_ONCE, of_bss},
    {"of-tls", AT_ONCE, of_tls},
    {"of-literal", AT_ONCE, of_a_literal},
    {"of-function", AT_ONCE, of_a_function},
    {"of-environment", AT_ONCE, of_an_argument},
    {"of-mapping", AT_ONCE, of_a_mapping},
    {"of-wild-address", AT_ONCE, of_a_wild_address},
    {"of-small-number", AT_ONCE, of_a_small_number},
    {"of-non-canonical", AT_ONCE, of_a_non_canonical_address},
    {"of-unwritten-pointer", AT_ONCE, never_written},
    {"realloc-data", AT_ONCE, realloc_of_data},
    {"realloc-stack", AT_ONCE, realloc_of_the_stack},
    {"realloc-literal", AT_ONCE, realloc_of_a_literal},
    {"usable-size-wild", AT_ONCE, usable_size_of_a_wild_address},
    {NULL, SOUND, NULL},
};
