/* Pages of the heap that the program gave a property keep it. */
#include "topics.h"
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

enum { BLOCKS = 400, SIZE = 200, PAGE = 4096 };

static char *blocks[BLOCKS];

/* Blocks on sparse pages. */
static void allocate(void)
{
    static void *others[BLOCKS * 9];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(SIZE);
        memset(blocks[i], 1, SIZE);
        for (int k = 0; k < 9; k++)
            others[i * 9 + k] = malloc(SIZE);
    }
    for (int i = 0; i < BLOCKS * 9; i++)
        free(others[i]);
}

static void *page_of(const void *block)
{
    return (void *)((uintptr_t)block & ~(uintptr_t)(PAGE - 1));
}

static long locked_kilobytes(void)
{
    char line[256];
    long kilobytes = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "VmLck: %ld", &kilobytes) == 1)
            break;
    if (status != NULL)
        fclose(status);
    return kilobytes;
}

static void locked(void)
{
    allocate();
    int done = 1;
    for (int i = 0; i < BLOCKS; i++)
        done &= mlock(blocks[i], SIZE) == 0;
    need("mlock", done);
    long before = locked_kilobytes();
    compact();
    check("locked pages stay locked", before > 0 && locked_kilobytes() == before);
    munlockall();
}

static sigjmp_buf fault;

static void on_fault(int signal)
{
    (void)signal;
    siglongjmp(fault, 1);
}

static int can_write(char *block)
{
    if (sigsetjmp(fault, 1) != 0)
        return 0;
    *(volatile char *)block = 2;
    return 1;
}

static void protected(void)
{
    allocate();
    signal(SIGSEGV, on_fault);
    /* Nobody else has blocks on the pages but this program, which knows. */
    char *chosen[8];
    for (int i = 0; i < 8; i++) {
        chosen[i] = blocks[20 + i * 40];
        need("mprotect", mprotect(page_of(chosen[i]), PAGE, PROT_READ) == 0);
    }
    compact();
    int kept = 1;
    for (int i = 0; i < 8; i++)
        kept &= !can_write(chosen[i]) && *chosen[i] == 1;
    for (int i = 0; i < 8; i++) {
        need("mprotect", mprotect(page_of(chosen[i]), PAGE, PROT_READ | PROT_WRITE) == 0);
        kept &= can_write(chosen[i]);
    }
    check("read-only pages stay read-only", kept);
    signal(SIGSEGV, SIG_DFL);
}

void pages(void)
{
    locked();
    protected();
}
