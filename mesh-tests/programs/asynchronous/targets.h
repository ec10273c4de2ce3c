/* Small blocks of a sparse heap that are read into while it is compacted: each gets what the file has, for every kind of reader. */
#ifndef TARGETS_H
#define TARGETS_H

#define _GNU_SOURCE
#include "../sparse.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

enum { TARGETS = 256, SIZE = 512, BETWEEN = 30, SLOTS = 20000, ROUNDS = 8 };

static unsigned char *targets[TARGETS];
static void *slots[SLOTS];
static unsigned state = 5;

/* A block in the middle of others of its size, most of which go. */
static void make_targets(void)
{
    int next = 0;
    for (int i = 0; i < TARGETS; i++) {
        targets[i] = malloc(SIZE);
        /* Devices ask for this. Who asks for it by name gets a block of another kind from libmesh. */
        if ((uintptr_t)targets[i] % SIZE)
            targets[i] = aligned_alloc(SIZE, SIZE);
        need("a target", targets[i] != NULL);
        for (int j = 0; j < BETWEEN; j++)
            slots[next++] = malloc(SIZE);
    }
}

/* Leaves every sixth block, fills up again, and so on: spans become sparse, are meshed, and used again. */
static void stir(void)
{
    for (int i = 0; i < SLOTS; i++) {
        if (next_random(&state) % 6 != 0) {
            free(slots[i]);
            slots[i] = NULL;
        }
    }
    compact();
    for (int i = 0; i < SLOTS; i++)
        slots[i] = slots[i] ? slots[i] : malloc(SIZE);
    for (int i = 0; i < SLOTS; i++) {
        if (next_random(&state) % 6 != 0) {
            free(slots[i]);
            slots[i] = NULL;
        }
    }
}

static unsigned char byte_of(int target)
{
    return (unsigned char)(target * 7 + 1);
}

/* Ends the program where the system does not have what is tried. */
static void here(int is_here)
{
    if (is_here)
        return;
    printf("not here\n");
    exit(0);
}

/* A file with a piece for each target, on a disk if it is to be read directly. */
static int file_of_pieces(int flags)
{
    int file = open("pieces", O_RDWR | O_CREAT | O_TRUNC, 0600);
    need("a file", file >= 0);
    unsigned char piece[SIZE];
    for (int i = 0; i < TARGETS; i++) {
        memset(piece, byte_of(i), SIZE);
        need("a piece", write(file, piece, SIZE) == SIZE);
    }
    need("on the disk", fsync(file) == 0);
    close(file);
    file = open("pieces", O_RDONLY | flags);
    here(file >= 0);
    return file;
}

static void clear(int target)
{
    memset(targets[target], 0, SIZE);
}

static int has_arrived(int target)
{
    for (int i = 0; i < SIZE; i++)
        if (targets[target][i] != byte_of(target))
            return 0;
    return 1;
}

#endif
