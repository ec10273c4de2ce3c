/* Exports the allocator's functions, which hand on to the C library's own names for them, and counts. */
#define _GNU_SOURCE
#include "../check.h"

void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static long calls, depth, deepest;

static void enter(void)
{
    calls++;
    if (++depth > deepest)
        deepest = depth;
    if (depth > 100) {
        puts("FAIL the C library's names come back to the program's");
        exit(2);
    }
}

#define HANDED_ON(call) ({ enter(); void *handed = call; depth--; handed; })

void *malloc(size_t size) { return HANDED_ON(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return HANDED_ON(__libc_calloc(count, size)); }
void *realloc(void *block, size_t size) { return HANDED_ON(__libc_realloc(block, size)); }
void *memalign(size_t align, size_t size) { return HANDED_ON(__libc_memalign(align, size)); }
void free(void *block) { __libc_free(block); }

int main(void)
{
    char *text = malloc(10);
    strcpy(text, "precious");
    text = realloc(text, 5000);
    char *zeroed = calloc(7, 100), *aligned = memalign(256, 100);
    check("blocks are kept", strcmp(text, "precious") == 0 && zero(zeroed, 700) && (size_t)aligned % 256 == 0);
    check("each call came once", deepest == 1);
    free(text);
    free(zeroed);
    free(aligned);
    return 0;
}
