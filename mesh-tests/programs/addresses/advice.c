/* What a program told the kernel of a block's pages ends with the block. */
#define _GNU_SOURCE
#include "topics.h"
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCKS = 8, SIZE = 4 << 20, SMALLER = 200, PAGE = 4096 };

static void *inside(char *block)
{
    return (void *)(((uintptr_t)block + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
}

static int dont_fork(char *block)
{
    return madvise(inside(block), SIZE - 2 * PAGE, MADV_DONTFORK);
}

static int wipe_on_fork(char *block)
{
    return madvise(inside(block), SIZE - 2 * PAGE, MADV_WIPEONFORK);
}

static int lock_one_page(char *block)
{
    return mlock((char *)inside(block) + SIZE / 2, PAGE);
}

static int protect_the_end(char *block)
{
    return mprotect((char *)inside(block) + SIZE - 2 * PAGE, PAGE, PROT_NONE);
}

/* Whether a child has what its parent wrote. */
static int reaches_child(const char *block, size_t size)
{
    int status = 1;
    pid_t child = fork();
    need("fork", child >= 0);
    if (child == 0)
        _exit(!painted(block, size, 5));
    waitpid(child, &status, 0);
    return status == 0;
}

/* Blocks on pages of others that had advice. */
static int ends_with_the_block(int (*advise)(char *))
{
    static char *blocks[BLOCKS], *smaller[SMALLER];
    int good = 1;
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
        paint(blocks[i], SIZE, 1);
        need("advice", advise(blocks[i]) == 0);
    }
    for (int i = 0; i < BLOCKS; i++)
        /* Some are cut short, or grow, before they go. */
        if (i % 3 == 1)
            blocks[i] = realloc(blocks[i], SIZE / 4);
        else if (i % 3 == 2 && advise != protect_the_end)
            blocks[i] = realloc(blocks[i], SIZE + SIZE / 2);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    compact();
    for (int i = 0; i < BLOCKS; i++)
        paint(blocks[i] = malloc(SIZE), SIZE, 5);
    for (int i = 0; i < SMALLER; i++)
        paint(smaller[i] = malloc(20000), 20000, 5);
    for (int i = 0; i < BLOCKS; i++)
        good &= reaches_child(blocks[i], SIZE);
    for (int i = 0; i < SMALLER; i += 40)
        good &= reaches_child(smaller[i], 20000);
    good &= mebibytes("VmLck") == 0;
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    for (int i = 0; i < SMALLER; i++)
        free(smaller[i]);
    return good;
}

void advice(void)
{
    struct sparse heap = sparse_new(3000, 10, 1);
    check("blocks that children do not get", ends_with_the_block(dont_fork));
    check("blocks that children get empty", ends_with_the_block(wipe_on_fork));
    check("blocks that are locked in part", ends_with_the_block(lock_one_page));
    check("blocks with a page that is closed", ends_with_the_block(protect_the_end));
    check("the heap is whole", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
