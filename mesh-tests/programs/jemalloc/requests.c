/* Names that want to be given something, and what is set and read back. */
#include "../check.h"
#include <errno.h>
#include <jemalloc/jemalloc.h>
#include <sys/mman.h>

static int set(const char *name, void *value, size_t size)
{
    return mallctl(name, NULL, NULL, value, size);
}

static ssize_t time_of(const char *name)
{
    ssize_t value = -7;
    size_t size = sizeof value;
    return mallctl(name, &value, &size, NULL, 0) == 0 ? value : -7;
}

static void caches(void)
{
    unsigned first = 7777, second = 7777, none = 4000;
    size_t size = sizeof first;
    check("tcache.create", mallctl("tcache.create", &first, &size, NULL, 0) == 0 && first < 4094);
    check("tcache.create again",
          mallctl("tcache.create", &second, &size, NULL, 0) == 0 && second != first);
    void *block = mallocx(100, MALLOCX_TCACHE(first));
    check("mallocx with a cache", block != NULL);
    dallocx(block, MALLOCX_TCACHE(first));
    check("tcache.flush", set("tcache.flush", &first, sizeof first) == 0);
    check("tcache.destroy", set("tcache.destroy", &first, sizeof first) == 0);
    check("tcache.destroy of the other", set("tcache.destroy", &second, sizeof second) == 0);
    check("tcache.destroy of another size", set("tcache.destroy", &none, 1) == EINVAL);
    check("tcache.flush of nothing", set("tcache.flush", NULL, 0) == EINVAL);
    size = 2;
    check("tcache.create for another size",
          mallctl("tcache.create", &first, &size, NULL, 0) == EINVAL && size == 0);
    check("a number is used again",
          (size = sizeof none, mallctl("tcache.create", &none, &size, NULL, 0)) == 0 && none < 2);
}

static void arenas(void)
{
    void *block = malloc(1000), *elsewhere = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned arena = 7777;
    size_t size = sizeof arena;
    check("arenas.lookup", mallctl("arenas.lookup", &arena, &size, &block, sizeof block) == 0
                               && arena < 4096);
    check("arenas.lookup of what is elsewhere",
          mallctl("arenas.lookup", &arena, &size, &elsewhere, sizeof elsewhere) == EINVAL);
    free(block);
    unsigned none = 4000;
    check("thread.arena of none", set("thread.arena", &none, sizeof none) == EFAULT);
    check("arena.0.reset", mallctl("arena.0.reset", NULL, NULL, NULL, 0) == EFAULT);
    check("arena.0.destroy", mallctl("arena.0.destroy", NULL, NULL, NULL, 0) == EFAULT);
}

static void times(void)
{
    ssize_t time = 4321, always = -1, wrong = -2;
    check("arena.0.dirty_decay_ms", set("arena.0.dirty_decay_ms", &time, sizeof time) == 0
                                        && time_of("arena.0.dirty_decay_ms") == 4321);
    check("arena.0.dirty_decay_ms: always", set("arena.0.dirty_decay_ms", &always, sizeof always) == 0
                                                && time_of("arena.0.dirty_decay_ms") == -1);
    check("arena.0.dirty_decay_ms: no time",
          set("arena.0.dirty_decay_ms", &wrong, sizeof wrong) == EFAULT
              && time_of("arena.0.dirty_decay_ms") == -1);
    check("arena.0.muzzy_decay_ms", set("arena.0.muzzy_decay_ms", &time, sizeof time) == 0
                                        && time_of("arena.0.muzzy_decay_ms") == 4321);
    check("arenas.dirty_decay_ms", set("arenas.dirty_decay_ms", &time, sizeof time) == 0
                                       && time_of("arenas.dirty_decay_ms") == 4321);
    check("arenas.dirty_decay_ms: no time",
          set("arenas.dirty_decay_ms", &wrong, sizeof wrong) == EFAULT);
    ssize_t before = 0;
    size_t size = sizeof before;
    check("what was there before is read, and a new one set",
          mallctl("arenas.dirty_decay_ms", &before, &size, &always, sizeof always) == 0
              && before == 4321 && time_of("arenas.dirty_decay_ms") == -1);
}

static void samples(void)
{
    bool yes = true, no = false;
    check("prof.active cannot be set", set("prof.active", &yes, sizeof yes) == ENOENT);
    check("prof.active can be unset", set("prof.active", &no, sizeof no) == 0);
}

static void numbers(void)
{
    size_t mib[4], parts = 4;
    check("arenas.bin.0.size by numbers",
          mallctlnametomib("arenas.bin.0.size", mib, &parts) == 0 && parts == 4 && mib[2] == 0);
    unsigned bins = 0;
    size_t size = sizeof bins, before = 0, bytes;
    check("arenas.nbins", mallctl("arenas.nbins", &bins, &size, NULL, 0) == 0 && bins > 10);
    int ascending = 1;
    for (mib[2] = 0; mib[2] < bins; mib[2]++) {
        size = sizeof bytes;
        ascending = ascending && mallctlbymib(mib, parts, &bytes, &size, NULL, 0) == 0 && bytes > before;
        before = bytes;
    }
    check("sizes ascend", ascending);
    check("there is no class behind the last one",
          (mib[2] = 10000, mallctlbymib(mib, parts, &bytes, &size, NULL, 0)) == ENOENT);
    mib[2] = 0;
    check("a part of a name is none", mallctlbymib(mib, 3, &bytes, &size, NULL, 0) == ENOENT);
    parts = 2;
    check("a part has numbers", mallctlnametomib("arenas.bin", mib, &parts) == 0 && parts == 2);
    mib[0] = 1000;
    check("numbers of no name", mallctlbymib(mib, 1, &bytes, &size, NULL, 0) == ENOENT);
}

int main(void)
{
    caches();
    arenas();
    times();
    samples();
    numbers();
    return 0;
}
