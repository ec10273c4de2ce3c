/* calloc clears whatever was there before. */
#include "../check.h"
#include "topics.h"

static void dirty(size_t size, int blocks)
{
    void *kept[64];
    for (int i = 0; i < blocks; i++) {
        kept[i] = malloc(size);
        memset(kept[i], 0xdb, size);
    }
    for (int i = 0; i < blocks; i++)
        free(kept[i]);
}

void contents(void)
{
    static const size_t sizes[] = {1, 16, 24, 100, 512, 1024, 2000, 4096, 10000, 32768,
                                   40000, 100000, 1 << 20, (4 << 20) + 1, 64 << 20};
    int clear = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int blocks = sizes[i] > 100000 ? 2 : 64;
        void *kept[64];
        dirty(sizes[i], blocks);
        for (int j = 0; j < blocks; j++) {
            kept[j] = calloc(1, sizes[i]);
            need("calloc has memory", kept[j] != NULL);
            clear &= zero(kept[j], sizes[i]);
            memset(kept[j], 0xdb, sizes[i]);
        }
        for (int j = 0; j < blocks; j++)
            free(kept[j]);
        void *grown = calloc(sizes[i], 3);
        need("calloc has memory", grown != NULL);
        clear &= zero(grown, 3 * sizes[i]);
        free(grown);
    }
    check("calloc clears memory that was used before", clear);
}
