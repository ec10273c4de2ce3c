/* Fragments the heap: three in four of BLOCKS blocks are given up, and new ones take their place the next time. */
#ifndef FRAGMENT_H
#define FRAGMENT_H

#include "../check.h"
#include <stdlib.h>

static void fragment(void)
{
    enum { SIZE = 256 };
    static void *blocks[BLOCKS];
    static unsigned state = 1;
    for (int i = 0; i < BLOCKS; i++)
        if (!blocks[i])
            need("memory", (blocks[i] = malloc(SIZE)) != NULL);
    for (int i = 0; i < BLOCKS; i++)
        if (next_random(&state) % 4 != 0) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
}

#endif
