/* Takes all memory there is under the limits it was started with, gives it back, goes on.
 * Arguments: the size of the blocks in bytes (0: of all sizes), the MiB that must be had, and
 * "thread" if there must be room for a thread beside the heap. */
#include "../check.h"
#include <errno.h>
#include <pthread.h>
#include <stdint.h>

/* Blocks hold each other: a table would need memory too. */
struct block {
    struct block *next;
    size_t size;
};

static struct block *all;
static int good = 1;

static size_t size_of(size_t wanted, unsigned *state)
{
    if (wanted != 0)
        return wanted;
    size_t shift = next_random(state) % 17;
    return sizeof(struct block) + ((size_t)next_random(state) & (((size_t)16 << shift) - 1));
}

/* Allocates until nothing is left. Returns the bytes that were had. */
static size_t take_all(size_t wanted)
{
    size_t taken = 0;
    unsigned state = 1;
    for (;;) {
        size_t size = size_of(wanted, &state);
        errno = 0;
        struct block *block = malloc(size);
        if (block == NULL)
            break;
        good &= (uintptr_t)block % 16 == 0;
        memset(block, 0xab, size);
        *block = (struct block){all, size};
        all = block;
        taken += size;
    }
    good &= errno == ENOMEM;
    return taken;
}

static void refused_everywhere(size_t wanted)
{
    size_t size = wanted < 4096 ? 1 << 20 : 2 * wanted;
    void *pointer = &pointer;
    errno = 0;
    good &= calloc(1, size) == NULL && errno == ENOMEM;
    errno = 0;
    good &= aligned_alloc(4096, size) == NULL && errno == ENOMEM;
    good &= posix_memalign(&pointer, 64, size) == ENOMEM && pointer == &pointer;
    errno = 0;
    good &= realloc(NULL, size) == NULL && errno == ENOMEM;
}

static void check_and_free_all(void)
{
    while (all != NULL) {
        struct block *block = all;
        unsigned char *bytes = (unsigned char *)block;
        for (size_t i = sizeof *block; i < block->size; i += 61)
            good &= bytes[i] == 0xab;
        all = block->next;
        free(block);
    }
}

static void *in_thread(void *unused)
{
    char *text = strdup("a thread has memory");
    int holds = text != NULL;
    free(text);
    return holds ? unused : NULL;
}

static int start_a_thread(void)
{
    pthread_t thread;
    pthread_attr_t small;
    void *result = NULL;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 * 1024);
    if (pthread_create(&thread, &small, in_thread, &good) == 0)
        pthread_join(thread, &result);
    return result != NULL;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 64;
    size_t wanted = strtoul(argv[1], NULL, 10), least = strtoul(argv[2], NULL, 10) << 20;
    size_t first = take_all(wanted);
    refused_everywhere(wanted);
    check_and_free_all();
    check("the end of memory is NULL and ENOMEM", good);
    check("enough memory was there", first >= least);
    if (first < least)
        printf("had %zu MiB\n", first >> 20);
    size_t second = take_all(wanted);
    check_and_free_all();
    check("it can be had again", second >= first - first / 4);
    if (second < first - first / 4)
        printf("had %zu MiB, then %zu MiB\n", first >> 20, second >> 20);
    check("blocks were whole", good);
    char *copy = strdup("the heap is in order");
    FILE *file = fopen("/dev/null", "w");
    check("the program goes on", copy != NULL && file != NULL && fputs(copy, file) >= 0);
    fclose(file);
    free(copy);
    if (argc == 4)
        check("there is room for a thread", start_a_thread());
    return 0;
}
