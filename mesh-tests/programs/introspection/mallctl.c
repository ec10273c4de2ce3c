/* Every name of mesh_mallctl: its type, whether it can be written, and what it says. */
#include "../sparse.h"
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

extern int mesh_mallctl(const char *name, void *old, size_t *old_size, void *new, size_t new_size);

static int failures;

/* A number; SIZE_MAX, which no figure has, if it cannot be read. */
static size_t number(const char *name)
{
    size_t value = SIZE_MAX, size = sizeof value;
    if (mesh_mallctl(name, &value, &size, NULL, 0) != 0 || size != sizeof value
        || value == SIZE_MAX) {
        printf("FAIL %s is no number\n", name);
        failures++;
        return SIZE_MAX;
    }
    return value;
}

/* The same of an unsigned. */
static size_t small_number(const char *name)
{
    unsigned value = 0;
    size_t size = sizeof value;
    if (mesh_mallctl(name, &value, &size, NULL, 0) == 0 && size == sizeof value)
        return value;
    printf("FAIL %s is no unsigned\n", name);
    failures++;
    return SIZE_MAX;
}

static int is_bool(const char *name)
{
    char bytes[2] = {7, 7};
    size_t size = sizeof(bool);
    return mesh_mallctl(name, bytes, &size, NULL, 0) == 0 && (bytes[0] == 0 || bytes[0] == 1)
        && bytes[1] == 7;
}

static int truth(const char *name)
{
    bool value = false;
    size_t size = sizeof value;
    return mesh_mallctl(name, &value, &size, NULL, 0) == 0 && value;
}

static const char *text(const char *name)
{
    const char *value = NULL;
    size_t size = sizeof value;
    return mesh_mallctl(name, &value, &size, NULL, 0) == 0 && value != NULL ? value : "";
}

static int call(const char *name)
{
    return mesh_mallctl(name, NULL, NULL, NULL, 0) == 0;
}

static int set_bool(const char *name, bool value)
{
    return mesh_mallctl(name, NULL, NULL, &value, sizeof value) == 0;
}

static void refresh(void)
{
    uint64_t epoch = 1;
    mesh_mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
}

static void errors(void)
{
    size_t value = 0, size = sizeof value;
    char small;
    check("an unknown name is ENOENT", mesh_mallctl("no.such", &value, &size, NULL, 0) == ENOENT);
    size = sizeof small;
    check("a wrong size is EINVAL", mesh_mallctl("stats.allocated", &small, &size, NULL, 0) == EINVAL);
    check("a figure cannot be set",
          mesh_mallctl("stats.allocated", NULL, NULL, &value, sizeof value) == EPERM);
}

static void constants(void)
{
    check("version", strlen(text("version")) > 0);
    check("config.debug is a bool", is_bool("config.debug"));
    check("arenas.page", number("arenas.page") == (size_t)sysconf(_SC_PAGESIZE));
    check("arenas.quantum", number("arenas.quantum") == 16);
    size_t bins = small_number("arenas.nbins"), before = 0;
    int ascending = bins > 0 && bins < 1000;
    for (size_t i = 0; ascending && i < bins; i++) {
        char name[64];
        snprintf(name, sizeof name, "arenas.bin.%zu.size", i);
        size_t size = number(name);
        snprintf(name, sizeof name, "arenas.bin.%zu.nregs", i);
        ascending = size > before && small_number(name) > 0;
        before = size;
    }
    check("size classes ascend", ascending);
    char name[64];
    size_t value, size = sizeof value;
    snprintf(name, sizeof name, "arenas.bin.%zu.size", bins);
    check("there are no more of them", mesh_mallctl(name, &value, &size, NULL, 0) == ENOENT);
}

static void figures(void)
{
    enum { BLOCKS = 10000, SIZE = 200 };
    static void *blocks[BLOCKS];
    refresh();
    size_t before = number("stats.allocated");
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = memset(malloc(SIZE), 1, SIZE);
    refresh();
    size_t during = number("stats.allocated");
    check("stats.allocated counts live blocks", during >= before + BLOCKS * SIZE
              && during <= before + 2 * BLOCKS * SIZE);
    check("stats.active holds them", number("stats.active") >= during);
    check("stats.mapped holds what is active", number("stats.mapped") >= number("stats.active"));
    check("stats.resident", number("stats.resident") >= BLOCKS * SIZE);
    check("stats.metadata", number("stats.metadata") > 0);
    check("stats.retained", number("stats.retained") != SIZE_MAX);
    size_t registered = 0;
    for (size_t i = 0; i < small_number("arenas.nbins"); i++) {
        char name[64];
        snprintf(name, sizeof name, "stats.bins.%zu.curregs", i);
        registered += number(name);
        snprintf(name, sizeof name, "stats.bins.%zu.curslabs", i);
        number(name);
        snprintf(name, sizeof name, "stats.bins.%zu.nonfull", i);
        number(name);
    }
    check("the bins hold the blocks", registered >= BLOCKS);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    call("thread.tcache.flush");
    refresh();
    check("stats.allocated forgets freed blocks",
          number("stats.allocated") + BLOCKS * SIZE / 2 < during);
}

static void meshing(void)
{
    check("mesh.enabled is a bool", is_bool("mesh.enabled"));
    check("background_thread is a bool", is_bool("background_thread"));
    const char *barrier = text("mesh.barrier");
    check("mesh.barrier", strcmp(barrier, "mprotect") == 0 || strcmp(barrier, "userfaultfd") == 0);
    size_t period = 12345;
    check("mesh.check_period can be set",
          mesh_mallctl("mesh.check_period", NULL, NULL, &period, sizeof period) == 0
              && number("mesh.check_period") == 12345);

    size_t most = 1 << 20, too_much = (size_t)1 << 30;
    check("mesh.thread_cache_max can be set",
          mesh_mallctl("mesh.thread_cache_max", NULL, NULL, &most, sizeof most) == 0
              && number("mesh.thread_cache_max") == most);
    check("mesh.thread_cache_max has a limit",
          mesh_mallctl("mesh.thread_cache_max", NULL, NULL, &too_much, sizeof too_much) == EINVAL
              && number("mesh.thread_cache_max") == most);

    check("mesh.pressure can be set",
          set_bool("mesh.pressure", false) && !truth("mesh.pressure")
              && set_bool("mesh.pressure", true) && truth("mesh.pressure"));
    size_t own = 0, system = number("mesh.max_mappings"), few = 3000;
    check("mesh.max_mappings can be set",
          mesh_mallctl("mesh.max_mappings", NULL, NULL, &few, sizeof few) == 0
              && number("mesh.max_mappings") == few && number("mesh.mappings_limit") == 2000);
    check("mesh.max_mappings: zero is for the system's",
          mesh_mallctl("mesh.max_mappings", NULL, NULL, &own, sizeof own) == 0
              && number("mesh.max_mappings") == system);
    size_t effort = 7, more = 101;
    check("mesh.effort can be set",
          mesh_mallctl("mesh.effort", NULL, NULL, &effort, sizeof effort) == 0
              && number("mesh.effort") == effort
              && mesh_mallctl("mesh.effort", NULL, NULL, &more, sizeof more) == EINVAL);

    check("mesh.enabled can be set", set_bool("mesh.enabled", false));
    struct sparse heap = sparse_new(20000, 10, 1);
    refresh();
    size_t before = number("mesh.count");
    call("mesh.compact");
    refresh();
    check("nothing is meshed while it is off", number("mesh.count") == before);
    set_bool("mesh.enabled", true);
    size_t resident = number("stats.resident");
    check("mesh.compact", call("mesh.compact"));
    refresh();
    check("mesh.count grows", number("mesh.count") > before);
    check("memory comes back", number("stats.resident") < resident);
    check("mesh.pages_saved", number("mesh.pages_saved") > 0);
    check("mesh.bytes_saved",
          number("mesh.bytes_saved") == number("mesh.pages_saved") * number("arenas.page"));
    check("mesh.mappings", number("mesh.mappings") > 0
              && number("mesh.mappings") <= number("mesh.mappings_limit"));
    check("mesh.saved_per_1000_mappings",
          number("mesh.saved_per_1000_mappings") > 0
              && number("mesh.saved_per_1000_mappings")
                  == number("mesh.bytes_saved") * 1000 / number("mesh.mappings"));
    check("mesh.unaffordable: there are enough", number("mesh.unaffordable") == 0);
    check("mesh.pause_max_ns", number("mesh.pause_max_ns") > 0);
    check("mesh.pressure", is_bool("mesh.pressure"));
    check("mesh.compacted_under_pressure", number("mesh.compacted_under_pressure") != SIZE_MAX);
    check("mesh.failed", number("mesh.failed") != SIZE_MAX);
    check("blocks are whole", sparse_painted(&heap, 1));
    sparse_free(&heap);
}

int main(void)
{
    errors();
    constants();
    figures();
    meshing();
    check("mesh.scavenge", call("mesh.scavenge"));
    check("arena.0.purge", call("arena.0.purge"));
    check("arena.0.decay", call("arena.0.decay"));
    check("thread.tcache.flush", call("thread.tcache.flush"));
    check("every figure is a number", failures == 0);
    return 0;
}
