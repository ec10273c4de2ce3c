/* Uses up the mappings that a process may have, by pages of its own between which nothing merges, and goes on. */
#define _GNU_SOURCE
#include "at_work.h"
#include <errno.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *pages;
static size_t mapped;

/* Maps single pages with a gap behind each, until the system refuses. Meshing may join neighbours meanwhile, which gives
 * mappings back: what it can join is joined before the last ones are taken. */
static void use_up(size_t keep_free)
{
    enum { MOST = 200000, TIMES = 4 };
    pages = mmap(NULL, (size_t)MOST * 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    need("addresses", pages != MAP_FAILED);
    for (int time = 0; time < TIMES; time++) {
        compact();
        while (mapped < MOST && mprotect(pages + (2 * mapped + 1) * PAGE, PAGE, PROT_READ) == 0)
            mapped++;
        need("an end to mappings", mapped < MOST && errno == ENOMEM);
    }
    for (; keep_free > 0; keep_free -= 2)
        need("fewer mappings", mprotect(pages + (2 * --mapped + 1) * PAGE, PAGE, PROT_NONE) == 0);
}

static void give_back(void)
{
    need("munmap", munmap(pages, (size_t)400000 * PAGE) == 0);
}

/* Frees all but every `in`-th block of a heap. */
static void thin_out(struct sparse *heap, size_t in)
{
    size_t left = 0;
    for (size_t i = 0; i < heap->count; i++)
        if (i % in != 0)
            free(heap->blocks[i]);
        else {
            heap->blocks[left] = heap->blocks[i];
            heap->sizes[left++] = heap->sizes[i];
        }
    heap->count = left;
}

static int use_large(size_t size)
{
    char *block = malloc(size);
    if (block == NULL)
        return 0;
    paint(block, size, 5);
    char *longer = realloc(block, 2 * size);
    int good = longer != NULL && painted(longer, size, 5);
    free(longer != NULL ? longer : block);
    return good;
}

int main(int count, char **arguments)
{
    size_t keep_free = count > 1 ? strtoul(arguments[1], NULL, 10) : 0;
    struct sparse kept = sparse_new(30000, 10, 1);
    struct sparse meshed = sparse_new(30000, 4, 2);
    compact();
    use_up(keep_free);
    int good = at_work(3);
    /* More than what neighbours that are joined could make room for. */
    struct sparse late = sparse_new(30000, 10, 8);
    compact();
    good &= sparse_painted(&late, 8);
    check("blocks are whole at the limit", good && sparse_painted(&kept, 1) && sparse_painted(&meshed, 2));
    check("large blocks can be had", use_large(1 << 20));
    check("children have their own", at_work_in_child(&kept, 1, 4));
    /* Groups come apart, and what they were on goes back, with no mapping to spare. */
    sparse_free(&meshed);
    thin_out(&kept, 3);
    compact();
    for (size_t i = 0; i < kept.count; i++)
        paint(kept.blocks[i], kept.sizes[i], 9 + (unsigned)i);
    compact();
    check("blocks are whole when groups came apart", sparse_painted(&kept, 9));
    check("children have their own then", at_work_in_child(&kept, 9, 5));
    give_back();
    check("all is well without the limit", at_work(6) && sparse_painted(&kept, 9));
    check("and in children", at_work_in_child(&kept, 9, 7));
    sparse_free(&late);
    sparse_free(&kept);
    return 0;
}
