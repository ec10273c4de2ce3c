/* Blocks that are given back twice. */
#include "cases.h"

static void at_once(void)
{
    char *one = block(40);
    free(one);
    free(one);
}

static void at_once_of(size_t size)
{
    char *one = block(size), *other = block(size);
    free(one);
    free(one);
    free(other);
}

static void tiny(void) { at_once_of(1); }
static void of_no_bytes(void)
{
    char *one = hidden(malloc(0));
    free(one);
    free(one);
}
static void kibibyte(void) { at_once_of(1000); }
static void pages(void) { at_once_of(20000); }
static void large(void) { at_once_of(200000); }
static void huge(void) { at_once_of(64 << 20); }

static void one_between(void)
{
    char *one = block(40), *other = block(40);
    free(one);
    free(other);
    free(one);
}

static void another_size_between(void)
{
    char *one = block(40), *other = block(400);
    free(one);
    free(other);
    free(one);
}

static void many_between(void)
{
    char *all[40];
    for (int i = 0; i < 40; i++)
        all[i] = block(100);
    for (int i = 0; i < 40; i++)
        free(all[i]);
    free(all[20]);
}

static void thousands_between(void)
{
    static char *all[5000];
    for (int i = 0; i < 5000; i++)
        all[i] = block(100);
    for (int i = 0; i < 5000; i++)
        free(all[i]);
    free(all[20]);
}

static void large_between(void)
{
    char *one = block(200000), *other = block(200000);
    free(one);
    free(other);
    free(one);
}

static void large_and_reused(void)
{
    char *one = block(200000);
    free(one);
    char *other = block(100000);
    free(one + 102400);
    free(other);
}

static void of_calloc(void)
{
    char *one = hidden(calloc(10, 10));
    free(one);
    free(one);
}

static void of_aligned(void)
{
    char *one = hidden(aligned_alloc(64, 128));
    free(one);
    free(one);
}

static void of_page_aligned(void)
{
    char *one = hidden(memalign(4096, 100));
    free(one);
    free(one);
}

static void of_large_aligned(void)
{
    char *one = hidden(memalign(1 << 20, 1 << 20));
    free(one);
    free(one);
}

static void of_posix_memalign(void)
{
    void *one = NULL;
    need("memory", posix_memalign(&one, 256, 300) == 0);
    char *same = hidden(one);
    free(same);
    free(same);
}

static void of_strdup(void)
{
    char *one = hidden(strdup("twice is once too often"));
    free(one);
    free(one);
}

static void after_realloc_moved(void)
{
    char *one = block(40), *moved = hidden(realloc(one, 4000));
    free(one);
    free(moved);
}

static void after_large_realloc_moved(void)
{
    char *one = block(200000), *behind = block(200000), *moved = hidden(realloc(one, 4000000));
    if (moved != one)
        free(one);
    free(moved);
    if (moved == one)
        free(moved);
    free(behind);
}

static void realloc_to_nothing(void)
{
    char *one = block(40);
    need("null", realloc(one, opaque(0)) == NULL);
    free(one);
}

static void by_cfree_names(void)
{
    char *one = block(40);
    free(one);
    extern void __libc_free(void *);
    __libc_free(one);
}

struct list {
    struct list *next;
    char payload[24];
};

static void a_list_with_a_ring(void)
{
    struct list *first = malloc(sizeof *first), *second = malloc(sizeof *second);
    struct list *third = malloc(sizeof *third);
    /* Kept aside: the links are overwritten by who frees them. */
    struct list *order[] = {first, second, third, first};
    for (int i = 0; i < 4; i++)
        free(order[i]);
}

static void *free_it(void *one)
{
    free(one);
    return NULL;
}

static void elsewhere_run(void *(*act)(void *), void *one)
{
    pthread_t thread;
    need("a thread", pthread_create(&thread, NULL, act, one) == 0);
    pthread_join(thread, NULL);
}

static void in_another_thread(void)
{
    char *one = block(40);
    free(one);
    elsewhere_run(free_it, one);
}

static void in_another_thread_first(void)
{
    char *one = block(40);
    elsewhere_run(free_it, one);
    free(one);
}

static void in_two_threads(void)
{
    char *one = block(400);
    elsewhere_run(free_it, one);
    elsewhere_run(free_it, one);
}

static void *take_and_free_twice(void *nothing)
{
    (void)nothing;
    char *one = block(72), *other = block(72);
    free(one);
    free(other);
    free(one);
    return NULL;
}

static void in_a_thread(void) { elsewhere_run(take_and_free_twice, NULL); }

static void large_in_two_threads(void)
{
    char *one = block(300000);
    elsewhere_run(free_it, one);
    free(one);
}

const struct misuse twice[] = {
    {"twice", AT_ONCE, at_once},
    {"twice-one-byte", AT_ONCE, tiny},
    {"twice-no-bytes", AT_ONCE, of_no_bytes},
    {"twice-kibibyte", AT_ONCE, kibibyte},
    {"twice-pages", AT_ONCE, pages},
    {"twice-large", AT_ONCE, large},
    {"twice-huge", AT_ONCE, huge},
    {"twice-one-between", BY_THE_END, one_between},
    {"twice-another-size-between", AT_ONCE, another_size_between},
    {"twice-many-between", BY_THE_END, many_between},
    {"twice-thousands-between", BY_THE_END, thousands_between},
    {"twice-large-between", AT_ONCE, large_between},
    {"twice-large-and-reused", AT_ONCE, large_and_reused},
    {"twice-calloc", AT_ONCE, of_calloc},
    {"twice-aligned", AT_ONCE, of_aligned},
    {"twice-page-aligned", AT_ONCE, of_page_aligned},
    {"twice-large-aligned", AT_ONCE, of_large_aligned},
    {"twice-posix-memalign", AT_ONCE, of_posix_memalign},
    {"twice-strdup", AT_ONCE, of_strdup},
    {"twice-after-realloc", AT_ONCE, after_realloc_moved},
    {"twice-after-large-realloc", AT_ONCE, after_large_realloc_moved},
    {"twice-realloc-to-nothing", AT_ONCE, realloc_to_nothing},
    {"twice-by-other-names", AT_ONCE, by_cfree_names},
    {"twice-ring", BY_THE_END, a_list_with_a_ring},
    {"twice-another-thread", BY_THE_END, in_another_thread},
    {"twice-another-thread-first", BY_THE_END, in_another_thread_first},
    {"twice-two-threads", BY_THE_END, in_two_threads},
    {"twice-in-a-thread", BY_THE_END, in_a_thread},
    {"twice-large-two-threads", AT_ONCE, large_in_two_threads},
    {NULL, SOUND, NULL},
};
