/* Figures of mesh_mallctl add up in a process that does nothing else. */
#include "../sparse.h"
#include <mesh.h>
#include <stdbool.h>
#include <stdint.h>

static size_t number_of(const char *name, size_t size)
{
    uint64_t value = 0;
    size_t room = size;
    if (mesh_mallctl(name, &value, &room, NULL, 0) != 0) {
        printf("FAIL %s\n", name);
        exit(1);
    }
    return value;
}

static size_t number(const char *name)
{
    return number_of(name, sizeof(size_t));
}

static size_t of_bin(const char *before, unsigned bin, const char *after, size_t size)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%u.%s", before, bin, after);
    return number_of(name, size);
}

#define SIZE sizeof(size_t)

static void add_up(const char *when)
{
    char what[128];
    size_t small = 0, spans = 0, same = 1;
    unsigned bins = number_of("arenas.nbins", sizeof bins);
    for (unsigned i = 0; i < bins; i++) {
        size_t slots = of_bin("stats.arenas.0.bins", i, "curregs", SIZE);
        size_t slabs = of_bin("stats.arenas.0.bins", i, "curslabs", SIZE);
        small += slots * of_bin("arenas.bin", i, "size", SIZE);
        spans += slabs * of_bin("arenas.bin", i, "slab_size", SIZE);
        same = same && slots <= slabs * of_bin("arenas.bin", i, "nregs", sizeof(uint32_t))
            && slabs <= of_bin("stats.arenas.0.bins", i, "nslabs", sizeof(uint64_t))
            && of_bin("stats.arenas.0.bins", i, "nonfull_slabs", SIZE) <= slabs
            && slots == of_bin("stats.bins", i, "curregs", SIZE)
            && slots == of_bin("stats.arenas.4096.bins", i, "curregs", SIZE);
    }
    size_t large = number("stats.arenas.0.large.allocated");
    snprintf(what, sizeof what, "%s: bins add up to what is small", when);
    check(what, small == number("stats.arenas.0.small.allocated"));
    snprintf(what, sizeof what, "%s: small and large add up to all", when);
    check(what, small + large == number("stats.allocated"));
    snprintf(what, sizeof what, "%s: spans add up to what is active, and what meshing saves", when);
    check(what, spans + large == number("stats.active") + number("mesh.bytes_saved"));
    snprintf(what, sizeof what, "%s: bins are consistent", when);
    check(what, same);
    snprintf(what, sizeof what, "%s: pages are bytes", when);
    size_t page = number("arenas.page");
    check(what, number("stats.arenas.0.pactive") * page == number("stats.active")
                    && number("stats.arenas.0.pdirty") * page == number("mesh.dirty_bytes"));
    snprintf(what, sizeof what, "%s: the arena is all there is", when);
    check(what, number("stats.arenas.0.resident") == number("stats.resident")
                    && number("stats.arenas.0.mapped") == number("stats.mapped")
                    && number("stats.arenas.0.retained") == number("stats.retained")
                    && number("stats.arenas.0.base") == number("stats.metadata")
                    && number("stats.arenas.0.tcache_bytes") == number("mesh.kept_bytes"));
    snprintf(what, sizeof what, "%s: allocated, active and resident ascend", when);
    check(what, 0 < number("stats.allocated") && number("stats.allocated") <= number("stats.active")
                    && number("stats.active") <= number("stats.resident"));
    snprintf(what, sizeof what, "%s: resident is what is active, dirty, and about it", when);
    check(what, number("stats.resident")
                    == number("stats.active") + number("mesh.dirty_bytes") + number("stats.metadata"));
}

int main(void)
{
    enum { BLOCKS = 2000 };
    static void *blocks[BLOCKS];
    size_t before = number("stats.zero_reallocs");
    check("stats.zero_reallocs",
          realloc(malloc(10), 0) == NULL && number("stats.zero_reallocs") == before + 1);
    add_up("at the start");
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = malloc((size_t)i * i % 600000);
    add_up("with blocks");
    for (int i = 0; i < BLOCKS; i += 3)
        free(blocks[i]);
    add_up("with holes");
    struct sparse heap = sparse_new(20000, 10, 1);
    mesh_compact();
    check("there are meshes", number("mesh.bytes_saved") > 0);
    add_up("meshed");
    sparse_free(&heap);
    for (int i = 0; i < BLOCKS; i++)
        if (i % 3 != 0)
            free(blocks[i]);
    mesh_mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
    add_up("at the end");
    uint64_t early = number_of("stats.arenas.0.uptime", sizeof early);
    check("stats.arenas.0.uptime", early < (uint64_t)300 * 1000000000);
    check("stats.arenas.0.nthreads", number_of("stats.arenas.0.nthreads", sizeof(unsigned)) == 1);
    return 0;
}
