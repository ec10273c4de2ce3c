/* A coroutine whose stack has the size that the argument names allocates and frees; other coroutines' stacks lie in the heap. */
#define _GNU_SOURCE
#include "../sparse.h"
#include <sys/mman.h>
#include <ucontext.h>

static ucontext_t outside, inside;

static void work(void)
{
    static void *blocks[20000];
    for (unsigned round = 0; round < 100; round++) {
        for (unsigned i = 0; i < 20000; i++)
            blocks[i] = malloc(16 + i * 7 % 500);
        for (unsigned i = 0; i < 20000; i++)
            if (i % 7 != 0 || round % 2 != 0)
                free(blocks[i]);
    }
}

int main(int argc, char **argv)
{
    enum { BELOW = 65536 };
    size_t size = argc > 1 ? strtoul(argv[1], NULL, 10) : 4096;
    struct sparse heap = sparse_new(20000, 10, 1);
    char *memory = mmap(NULL, 2 * BELOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need("mmap", memory != MAP_FAILED && mprotect(memory, BELOW, PROT_NONE) == 0);
    need("getcontext", getcontext(&inside) == 0);
    inside.uc_stack.ss_sp = memory + BELOW;
    inside.uc_stack.ss_size = size;
    inside.uc_link = &outside;
    makecontext(&inside, work, 0);
    need("swapcontext", swapcontext(&outside, &inside) == 0);
    check("the coroutine ends", 1);
    check("the heap is whole", sparse_painted(&heap, 1));
    return 0;
}
