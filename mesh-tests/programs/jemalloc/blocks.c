/* mallocx and its like. */
#include "../check.h"
#include <errno.h>
#include <jemalloc/jemalloc.h>
#include <limits.h>
#include <malloc.h>

static const size_t SIZES[] = {1, 8, 16, 17, 100, 128, 129, 1000, 1024, 2000, 4096, 5000, 16000, 40000, 100000,
                               262144, 300000, 1000000, 5000000};
enum { COUNT = sizeof SIZES / sizeof *SIZES };

static int aligned(const void *block, size_t align)
{
    return (size_t)block % align == 0;
}

static void new_blocks(void)
{
    int has_room = 1, is_announced = 1, is_zero = 1, is_aligned = 1, is_usable = 1;
    for (int i = 0; i < COUNT; i++) {
        for (int log = 0; log <= 16; log++) {
            int flags = MALLOCX_LG_ALIGN(log);
            size_t size = SIZES[i];
            unsigned char *block = mallocx(size, flags);
            size_t room = sallocx(block, flags);
            has_room = has_room && room >= size;
            is_announced = is_announced && room == nallocx(size, flags);
            is_usable = is_usable && room == malloc_usable_size(block);
            is_aligned = is_aligned && aligned(block, (size_t)1 << log);
            memset(block, 0xff, room);
            sdallocx(block, size, flags);
            block = mallocx(size, flags | MALLOCX_ZERO);
            is_zero = is_zero && zero(block, sallocx(block, 0)) && aligned(block, (size_t)1 << log);
            dallocx(block, flags);
        }
    }
    check("mallocx: there is room", has_room);
    check("nallocx tells the room", is_announced);
    check("malloc_usable_size tells it too", is_usable);
    check("MALLOCX_LG_ALIGN", is_aligned);
    check("MALLOCX_ZERO: all of it", is_zero);
    void *block = mallocx(100, MALLOCX_ALIGN(4096) | MALLOCX_ZERO);
    check("MALLOCX_ALIGN", aligned(block, 4096) && zero(block, 100));
    free(block);
    block = mallocx(100, MALLOCX_ARENA(0) | MALLOCX_TCACHE_NONE);
    check("MALLOCX_ARENA and MALLOCX_TCACHE_NONE", block != NULL);
    dallocx(block, MALLOCX_ARENA(0) | MALLOCX_TCACHE_NONE);
    errno = 0;
    check("mallocx of too much", mallocx(opaque((size_t)PTRDIFF_MAX + 1), 0) == NULL);
    check("mallocx leaves errno alone", errno == 0);
    check("nallocx of too much", nallocx(opaque((size_t)PTRDIFF_MAX + 1), 0) == 0);
    check("nallocx with a large alignment", nallocx(100, MALLOCX_LG_ALIGN(20)) >= 100);
}

static void resized(void)
{
    int is_kept = 1, is_zero = 1, is_aligned = 1, has_room = 1;
    for (int from = 0; from < COUNT; from++) {
        for (int to = 0; to < COUNT; to++) {
            for (int log = 0; log <= 12; log += 6) {
                int flags = MALLOCX_LG_ALIGN(log);
                size_t before = SIZES[from], after = SIZES[to];
                unsigned char *block = mallocx(before, flags);
                size_t room = sallocx(block, 0);
                paint(block, before, 3);
                block = rallocx(block, after, flags | MALLOCX_ZERO);
                size_t now = sallocx(block, 0);
                has_room = has_room && now >= after;
                is_kept = is_kept && painted(block, before < after ? before : after, 3);
                is_aligned = is_aligned && aligned(block, (size_t)1 << log);
                if (now > room)
                    is_zero = is_zero && zero(block + room, now - room);
                dallocx(block, flags);
            }
        }
    }
    check("rallocx: there is room", has_room);
    check("rallocx keeps what was there", is_kept);
    check("rallocx keeps the alignment", is_aligned);
    check("rallocx zeroes what is new", is_zero);
    char *block = mallocx(100, 0);
    paint(block, 100, 5);
    errno = 0;
    check("rallocx to too much", rallocx(block, opaque((size_t)PTRDIFF_MAX + 1), 0) == NULL
                                     && painted(block, 100, 5));
    check("rallocx leaves errno alone", errno == 0);
    dallocx(block, 0);
}

static void in_place(void)
{
    int tells = 1, is_kept = 1, is_sane = 1;
    for (int from = 0; from < COUNT; from++) {
        for (int to = 0; to < COUNT; to++) {
            size_t before = SIZES[from], after = SIZES[to], extra = after / 4;
            unsigned char *block = mallocx(before, 0);
            size_t was = sallocx(block, 0);
            paint(block, before, 7);
            size_t room = xallocx(block, after, extra, MALLOCX_ZERO);
            tells = tells && room == sallocx(block, 0);
            is_kept = is_kept && painted(block, before < room ? before : room, 7);
            if (room > was)
                is_kept = is_kept && zero(block + was, room - was);
            /* It grew to what was asked for at most, and shrank to no less. */
            is_sane = is_sane && room >= (was < after ? was : after)
                && room <= (was > nallocx(after + extra, 0) ? was : nallocx(after + extra, 0));
            dallocx(block, 0);
        }
    }
    check("xallocx tells the room", tells);
    check("xallocx keeps what was there", is_kept);
    check("xallocx stays within what was asked for", is_sane);
    char *block = mallocx(4 << 20, 0);
    paint(block, 1 << 20, 9);
    size_t room = xallocx(block, 1 << 20, 0, 0);
    check("xallocx of a large block gives back what is cut off",
          room >= 1 << 20 && room < 2 << 20 && painted(block, 1 << 20, 9));
    check("xallocx: too much changes nothing", xallocx(block, opaque(SIZE_MAX - 4096), 0, 0) == room);
    check("xallocx: too much extra does no harm",
          xallocx(block, 1 << 20, opaque(SIZE_MAX), 0) >= 1 << 20 && painted(block, 1 << 20, 9));
    dallocx(block, 0);
}

/* One heap, by whatever name it is asked. */
static void mixed(void)
{
    int is_one = 1, has_room = 1;
    for (int i = 0; i < COUNT; i++) {
        char *block = malloc(SIZES[i]);
        paint(block, SIZES[i], 3);
        has_room = has_room && sallocx(block, 0) == malloc_usable_size(block);
        block = rallocx(block, SIZES[i] + 50, 0);
        is_one = is_one && painted(block, SIZES[i], 3);
        block = realloc(block, SIZES[i] + 5000);
        is_one = is_one && painted(block, SIZES[i], 3);
        sdallocx(block, SIZES[i] + 5000, 0);
        dallocx(calloc(1, SIZES[i]), 0);
        sdallocx(memalign(64, SIZES[i]), SIZES[i], MALLOCX_ALIGN(64));
        free(mallocx(SIZES[i], MALLOCX_TCACHE_NONE));
    }
    check("sallocx of a block from malloc", has_room);
    check("malloc and rallocx and realloc and sdallocx", is_one);
}

static int lines;
static size_t braces, bytes;

/* May allocate, as any function of the program's. */
static void take(void *argument, const char *text)
{
    lines += argument == &lines;
    bytes += strlen(text);
    for (const char *at = text; *at != 0; at++)
        braces += *at == '{';
    free(malloc(strlen(text)));
}

static void printed(void)
{
    malloc_stats_print(take, &lines, NULL);
    check("malloc_stats_print", lines > 0 && bytes > 100);
    braces = 0;
    malloc_stats_print(take, &lines, "J");
    check("malloc_stats_print as JSON", braces > 3);
    bytes = 0;
    malloc_stats_print(take, &lines, "gmdablxe");
    check("malloc_stats_print of less", bytes > 0);
}

int main(void)
{
    new_blocks();
    resized();
    in_place();
    mixed();
    printed();
    return 0;
}
