/* Bytes that are written where they do not belong. Only who keeps figures beside the objects can notice most of these. */
#include "cases.h"

static void write_at(size_t size, ptrdiff_t offset, size_t bytes, int value)
{
    char *one = block(size), *behind = block(size);
    memset(hidden(one) + offset, value, bytes);
    free(behind);
    free(one);
}

static void by_a_byte(void) { write_at(40, 40, 1, 0x41); }
static void by_a_word(void) { write_at(40, 40, 8, 0x41); }
static void by_words(void) { write_at(40, 40, 24, 0x41); }
static void by_much(void) { write_at(40, 40, 4000, 0x41); }
static void before(void) { write_at(40, -8, 8, 0x41); }
static void by_a_word_of_a_large_one(void) { write_at(200000, 200000, 8, 0x41); }
static void by_pages_of_a_large_one(void) { write_at(200000, 200000, 8192, 0x41); }
static void without_end(void)
{
    char *one = block(40);
    memset(one, 0x41, (size_t)1 << 40);
}

static void after_free(void)
{
    char *one = block(40), *other = block(40);
    free(one);
    memset(one, 0x41, 40);
    one = block(40);
    free(other);
    other = block(40);
    free(one);
    free(other);
}

static void after_free_of_a_large_one(void)
{
    char *one = block(64 << 20);
    free(one);
    memset(one, 0x41, 4096);
}

static void size_below_zero(void)
{
    int length = -1;
    char *one = malloc((size_t)opaque((size_t)length));
    memset(one, 0, 10);
}

static void sum_that_wraps(void)
{
    size_t count = opaque(SIZE_MAX / 8 + 2);
    char *one = malloc(count * 8);
    memset(one, 0x41, 200000000);
}

const struct misuse overrun[] = {
    {"over-a-byte", UNNOTICED, by_a_byte},
    {"over-a-word", UNNOTICED, by_a_word},
    {"over-words", UNNOTICED, by_words},
    {"over-much", UNNOTICED, by_much},
    {"under-a-word", UNNOTICED, before},
    {"over-large-a-word", UNNOTICED, by_a_word_of_a_large_one},
    {"over-large-pages", UNNOTICED, by_pages_of_a_large_one},
    {"over-without-end", AT_ONCE, without_end},
    {"write-after-free", UNNOTICED, after_free},
    {"write-after-free-large", UNNOTICED, after_free_of_a_large_one},
    {"negative-size", AT_ONCE, size_below_zero},
    {"wrapped-size", AT_ONCE, sum_that_wraps},
    {NULL, SOUND, NULL},
};
