/* pread and preadv, and direct reads, which move bytes into pages behind the program's back. */
#define _GNU_SOURCE
#include "io.h"
#include <fcntl.h>

enum { SIZE = 1 << 20, SECTOR = 512 };

static int new_file(int flags)
{
    char name[] = "./mesh-io-XXXXXX";
    int file = mkostemp(name, flags);
    if (file >= 0)
        unlink(name);
    return file;
}

static int fill(int file)
{
    unsigned char *content = aligned_alloc(4096, SIZE);
    write_message(content, SIZE, 0);
    int good = write(file, content, SIZE) == SIZE && fsync(file) == 0;
    free(content);
    return good;
}

static int as_in_file(const unsigned char *bytes, size_t size, size_t offset)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte_of(0, offset + i))
            return 0;
    return 1;
}

int files(const struct sparse *heap)
{
    int file = new_file(0), good = 1;
    need("a file", file >= 0 && fill(file));
    for (unsigned call = 0; good && call < CALLS; call++) {
        size_t a = call * 5u % heap->count, b = (a + 1) % heap->count;
        size_t sizes = heap->sizes[a] + heap->sizes[b], offset = call * 977u % (SIZE - sizes);
        struct iovec parts[] = {{heap->blocks[a], heap->sizes[a]}, {heap->blocks[b], heap->sizes[b]}};
        if (call % 2)
            good &= returned("preadv", preadv(file, parts, 2, (off_t)offset), sizes)
                && as_in_file(heap->blocks[b], heap->sizes[b], offset + heap->sizes[a]);
        else
            good &= returned("pread", pread(file, heap->blocks[a], heap->sizes[a], (off_t)offset),
                             heap->sizes[a]);
        good &= as_in_file(heap->blocks[a], heap->sizes[a], offset);
    }
    close(file);
    return good;
}

/* Blocks of a sector each, of which one in ten stays: they share pages with their neighbours. */
int direct_files(void)
{
    enum { STAY = 400, IN = 10 };
    unsigned char *blocks[STAY], *others[STAY * IN];
    int file = new_file(O_DIRECT), good = 1;
    /* Not every file system has direct reads; ordinary ones are a test too. */
    if (file < 0)
        file = new_file(0);
    need("a file", file >= 0 && fill(file));
    for (int i = 0; i < STAY * IN; i++)
        others[i] = aligned_alloc(SECTOR, SECTOR);
    for (int i = 0; i < STAY; i++) {
        blocks[i] = others[i * IN + i % IN];
        others[i * IN + i % IN] = NULL;
    }
    for (int i = 0; i < STAY * IN; i++)
        free(others[i]);
    for (unsigned call = 0; call < 5 * STAY; call++) {
        size_t offset = (size_t)call * SECTOR * 3 % SIZE;
        memset(blocks[call % STAY], 0, SECTOR);
        good &= returned("direct pread", pread(file, blocks[call % STAY], SECTOR, (off_t)offset),
                         SECTOR);
        good &= as_in_file(blocks[call % STAY], SECTOR, offset);
    }
    for (int i = 0; i < STAY; i++)
        free(blocks[i]);
    close(file);
    return good;
}
