/* A heap that meshes: many small blocks, of which every eighth or so stays. */
#ifndef SPARSE_H
#define SPARSE_H

#include "check.h"
#include <malloc.h>

struct sparse {
    unsigned char **blocks;
    size_t *sizes;
    size_t count;
};

/* Allocates `count` blocks for each that stays, and paints those that stay with `seed`. */
static inline struct sparse sparse_new(size_t stay, unsigned in, unsigned seed)
{
    static const size_t sizes[] = {16, 32, 48, 64, 96, 128, 160, 256, 320, 512, 640, 1000};
    struct sparse heap = {malloc(stay * sizeof(char *)), malloc(stay * sizeof(size_t)), stay};
    size_t all = stay * in;
    unsigned char **everything = malloc(all * sizeof(char *));
    unsigned state = seed;
    need("memory for a sparse heap", heap.blocks && heap.sizes && everything);
    /* Runs of one size, so that whole spans fill with it. */
    for (size_t i = 0; i < all; i++)
        everything[i] = malloc(sizes[i / 512 % 12]);
    for (size_t i = 0; i < stay; i++) {
        size_t lucky = i * in + next_random(&state) % in;
        heap.blocks[i] = everything[lucky];
        heap.sizes[i] = sizes[lucky / 512 % 12];
        everything[lucky] = NULL;
        paint(heap.blocks[i], heap.sizes[i], seed + (unsigned)i);
    }
    for (size_t i = 0; i < all; i++)
        free(everything[i]);
    free(everything);
    return heap;
}

static inline void sparse_paint(const struct sparse *heap, unsigned seed)
{
    for (size_t i = 0; i < heap->count; i++)
        paint(heap->blocks[i], heap->sizes[i], seed + (unsigned)i);
}

static inline int sparse_painted(const struct sparse *heap, unsigned seed)
{
    for (size_t i = 0; i < heap->count; i++)
        if (!painted(heap->blocks[i], heap->sizes[i], seed + (unsigned)i))
            return 0;
    return 1;
}

static inline void sparse_free(struct sparse *heap)
{
    for (size_t i = 0; i < heap->count; i++)
        free(heap->blocks[i]);
    free(heap->blocks);
    free(heap->sizes);
}

/* Asks for memory to be given back: with libmesh, by meshing. */
static inline void compact(void)
{
    malloc_trim(0);
}

#endif
