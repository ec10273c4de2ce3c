/* What glibc lets a program ask about its heap. */
#include "../check.h"
#include "topics.h"
#include <errno.h>
#include <malloc.h>

static void figures(void)
{
    enum { BLOCKS = 40000, SIZE = 100 };
    static void *blocks[BLOCKS];
    struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = malloc(SIZE);
    void *large = malloc(32 << 20);
    struct mallinfo2 during = mallinfo2();
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    free(large);
    struct mallinfo2 after = mallinfo2();
    size_t small = (size_t)BLOCKS * SIZE;
    check("mallinfo2 figures add up", during.uordblks + during.fordblks == during.arena);
    check("mallinfo2 counts live bytes",
          during.uordblks + during.hblkhd >= before.uordblks + before.hblkhd + small + (32 << 20));
    check("mallinfo2 stops counting freed bytes",
          after.uordblks + after.hblkhd + small / 2 < during.uordblks + during.hblkhd);
    struct mallinfo narrow = mallinfo();
    check("mallinfo adds up", narrow.uordblks + narrow.fordblks == narrow.arena);
}

static void requests(void)
{
    int trimmed = malloc_trim(0);
    check("malloc_trim returns 0 or 1", trimmed == 0 || trimmed == 1);
    check("mallopt takes M_MMAP_THRESHOLD", mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1);
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    int result = malloc_info(0, file);
    fclose(file);
    check("malloc_info writes", result == 0 && length > 0 && text[0] == '<');
    free(text);
    errno = 0;
    result = malloc_info(1, stdout);
    check("malloc_info refuses options", result != 0);
}

void introspection(void)
{
    figures();
    requests();
}
