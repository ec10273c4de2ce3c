/* Objects of one to two kibibytes are meshed, and written to meanwhile by programs and by the kernel. */
#include "topics.h"
#include <unistd.h>

enum { BLOCKS = 4000, STAY = 5 };

int mesh_mallctl(const char *, void *, size_t *, void *, size_t) __attribute__((weak));

static size_t saved(void)
{
    size_t value = 0, size = sizeof value;
    if (mesh_mallctl != NULL)
        need("a figure", mesh_mallctl("mesh.bytes_saved", &value, &size, NULL, 0) == 0);
    return value;
}

void large(void)
{
    static const size_t sizes[] = {1100, 1500, 1792, 2048};
    static unsigned char *blocks[BLOCKS];
    for (unsigned kind = 0; kind < 4; kind++) {
        /* What the last ones have left goes. */
        compact();
        size_t size = sizes[kind], before = saved();
        unsigned state = 9;
        int ends[2], fine = pipe(ends) == 0;
        for (unsigned i = 0; i < BLOCKS; i++)
            need("a block", (blocks[i] = malloc(size)) != NULL);
        for (unsigned i = 0; i < BLOCKS; i++)
            if (next_random(&state) % STAY == 0) {
                paint(blocks[i], size, i);
            } else {
                free(blocks[i]);
                blocks[i] = NULL;
            }
        compact();
        check("they are meshed", mesh_mallctl == NULL || saved() > before + 100 * 4096);
        for (unsigned i = 0; i < BLOCKS; i++)
            if (blocks[i] != NULL) {
                fine &= painted(blocks[i], size, i);
                fine &= write(ends[1], blocks[i], size) == (ssize_t)size;
                memset(blocks[i], 0, size);
                fine &= read(ends[0], blocks[i], size) == (ssize_t)size;
                fine &= painted(blocks[i], size, i);
                free(blocks[i]);
            }
        close(ends[0]);
        close(ends[1]);
        check("and have their bytes", fine);
    }
}
