/* mallopt, malloc_trim, and figures that follow what the program does. */
#include "named.h"
#include "topics.h"
#include <errno.h>
#include <malloc.h>

static void options(void)
{
    static const struct {
        const char *name;
        int option, value, taken;
    } all[] = {
        {"M_MXFAST", M_MXFAST, 64, 1},
        {"M_TRIM_THRESHOLD", M_TRIM_THRESHOLD, 128 * 1024, 1},
        {"M_TRIM_THRESHOLD of none", M_TRIM_THRESHOLD, -1, 1},
        {"M_TOP_PAD", M_TOP_PAD, 0, 1},
        {"M_MMAP_THRESHOLD", M_MMAP_THRESHOLD, 1 << 20, 1},
        {"M_MMAP_MAX", M_MMAP_MAX, 1000, 1},
        {"M_CHECK_ACTION", M_CHECK_ACTION, 3, 1},
        {"M_ARENA_TEST", M_ARENA_TEST, 2, 1},
        {"M_ARENA_MAX", M_ARENA_MAX, 1, 1},
        {"M_PERTURB of nothing", M_PERTURB, 0, 1},
        {"M_MXFAST that is too large", M_MXFAST, 1 << 20, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int taken = mallopt(all[i].option, all[i].value);
        checkf(taken == all[i].taken, "mallopt %s %s", all[i].taken ? "takes" : "refuses", all[i].name);
    }
}

/* glibc's figures are those of the main arena: blocks that have mappings of their own count elsewhere. */
static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void figures(void)
{
    size_t before = in_use();
    void *large = malloc(10 << 20), *small[1000];
    need("memory", large != NULL);
    for (int i = 0; i < 1000; i++)
        small[i] = malloc(1000);
    size_t more = in_use();
    checkf(more >= before + (10 << 20) + 1000 * 1000, "mallinfo2: what is allocated is in use");
    for (int i = 0; i < 1000; i++)
        free(small[i]);
    free(large);
    checkf(in_use() + (10 << 20) <= more, "mallinfo2: what is freed is not in use");
    struct mallinfo2 wide = mallinfo2();
    struct mallinfo narrow = mallinfo();
    checkf(wide.uordblks + wide.fordblks == wide.arena, "mallinfo2: used and free bytes add up");
    checkf((size_t)narrow.uordblks + (size_t)narrow.fordblks == (size_t)narrow.arena && narrow.arena > 0, "mallinfo: they do, too");
    checkf(wide.ordblks > 0, "mallinfo2: there are free chunks");
}

static void trim(void)
{
    enum { COUNT = 100000 };
    static void *blocks[COUNT];
    for (int i = 0; i < COUNT; i++)
        memset(blocks[i] = malloc(100), 1, 100);
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
    errno = 4711;
    int given = malloc_trim(0);
    checkf(given == 1, "malloc_trim: returns 1 when memory went back");
    checkf(errno == 4711, "malloc_trim: leaves errno alone");
    malloc_trim(0);
    checkf(malloc_trim(0) == 0, "malloc_trim: returns 0 when there is nothing to give back");
}

static void xml(void)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    need("a stream", stream != NULL);
    checkf(malloc_info(0, stream) == 0, "malloc_info: returns 0");
    fclose(stream);
    static const char *const parts[] = {"<malloc version=\"1\">", "<heap nr=\"0\">", "<sizes>", "</sizes>", "<total type=\"rest\"",
                                        "<total type=\"mmap\"", "<system type=\"current\"", "<system type=\"max\"",
                                        "<aspace type=\"total\"", "<aspace type=\"mprotect\"", "</heap>", "</malloc>"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        checkf(strstr(text, parts[i]) != NULL, "malloc_info: writes %s", parts[i]);
    free(text);
    errno = 0;
    int refused = malloc_info(1, stdout);
    checkf(refused != 0, "malloc_info: refuses options");
}

void tuning(void)
{
    options();
    figures();
    trim();
    xml();
}
