/* Whether blocks are meshed: there are many of one kind, few stay, and the library counts. Without the library nothing is
   looked at. */
#define _GNU_SOURCE
#include "topics.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

enum { BLOCKS = 6000, LENGTH = 150, STAY = 8 };

int mesh_mallctl(const char *, void *, size_t *, void *, size_t) __attribute__((weak));

static size_t meshes(void)
{
    size_t value = 0, size = sizeof value;
    if (mesh_mallctl != NULL)
        need("a figure", mesh_mallctl("mesh.count", &value, &size, NULL, 0) == 0);
    return value;
}

static char text[LENGTH + 1];

/* Meshes that come of blocks of one kind. */
static size_t meshes_of(void *(*make)(unsigned), void (*drop)(void *))
{
    static void *blocks[BLOCKS];
    unsigned state = 7;
    for (unsigned i = 0; i < BLOCKS; i++)
        need("a block", (blocks[i] = make(i)) != NULL);
    for (unsigned i = 0; i < BLOCKS; i++)
        if (next_random(&state) % STAY != 0) {
            drop(blocks[i]);
            blocks[i] = NULL;
        }
    size_t before = meshes();
    compact();
    size_t found = meshes() - before;
    for (unsigned i = 0; i < BLOCKS; i++)
        if (blocks[i] != NULL)
            drop(blocks[i]);
    return found;
}

static void check_meshed(const char *name, void *(*make)(unsigned))
{
    size_t found = meshes_of(make, free);
    check(name, mesh_mallctl == NULL || found > 10);
}

static void *by_strdup(unsigned number) { (void)number; return strdup(text); }

static void *by_strndup(unsigned number) { (void)number; return strndup(text, LENGTH - 5); }

static void *by_wcsdup(unsigned number) { (void)number; return wcsdup(L"a wide string of thirty-two signs"); }

/* Each has arguments in all places that there are. */
static void *by_asprintf(unsigned number)
{
    char *string = NULL;
    int length = asprintf(&string, "%s %u %d %g %g %g %g %g %g %g %g %g %d %d %Lf", text, number, -1, 1., 2., 3., 4., 5., 6., 7., 8.,
                          9.5, 10, 11, 12.25L);
    char expected[LENGTH + 100];
    snprintf(expected, sizeof expected, "%s %u -1 1 2 3 4 5 6 7 8 9.5 10 11 12.250000", text, number);
    need("what was printed", length == (int)strlen(expected) && strcmp(string, expected) == 0);
    return string;
}

static void *list_printed(const char *format, ...)
{
    char *string = NULL;
    va_list list;
    va_start(list, format);
    int length = vasprintf(&string, format, list);
    va_end(list);
    need("what was printed", length == LENGTH + 4);
    return string;
}

static void *by_vasprintf(unsigned number) { return list_printed("%s %03u", text, number % 1000); }

static void *by_getline(unsigned number)
{
    static FILE *file;
    (void)number;
    if (file == NULL) {
        file = tmpfile();
        need("a file", file != NULL && fprintf(file, "%s\n", text) == LENGTH + 1);
    }
    rewind(file);
    char *line = NULL;
    size_t room = 0;
    need("a line", getline(&line, &room, file) == LENGTH + 1 && room > LENGTH && memcmp(line, text, LENGTH) == 0);
    return line;
}

static void *by_scanf(unsigned number)
{
    char *string = NULL;
    (void)number;
    need("a string", sscanf(text, "%50ms", &string) == 1 && strlen(string) == 50);
    return string;
}

static void *by_realpath(unsigned number) { (void)number; return realpath("../.", NULL); }

static void *by_canonicalize(unsigned number) { (void)number; return canonicalize_file_name("."); }

static void *by_getcwd(unsigned number) { return getcwd(NULL, number % 2 * 300); }

static void *by_get_current_dir_name(unsigned number) { (void)number; return get_current_dir_name(); }

static void *by_memstream(unsigned number)
{
    char *string = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&string, &length);
    need("a stream", file != NULL && fprintf(file, "%s %u", text, number) > LENGTH && fclose(file) == 0);
    return string;
}

static int some(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static void *by_scandir(unsigned number)
{
    static struct dirent **entries;
    static int left;
    (void)number;
    if (left == 0) {
        free(entries);
        left = scandir(".", &entries, some, alphasort);
        need("entries", left > 0);
    }
    return entries[--left];
}

static void check_listed(void)
{
    char name[] = "entry-00000";
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "entry-%u", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    check_meshed("scandir", by_scandir);
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "entry-%u", i);
        unlink(name);
    }
}

/* In a directory with a long name, and one more in it. */
static void check_paths(void)
{
    char directory[] = "/tmp/entries-XXXXXX";
    memset(text, 'x', LENGTH);
    need("a directory", mkdtemp(directory) != NULL && chdir(directory) == 0);
    need("one with a long name", mkdir(text, 0700) == 0 && chdir(text) == 0);
    need("one below", mkdir("below", 0700) == 0 && chdir("below") == 0);
    check_meshed("realpath", by_realpath);
    check_meshed("canonicalize_file_name", by_canonicalize);
    check_meshed("getcwd", by_getcwd);
    check_meshed("get_current_dir_name", by_get_current_dir_name);
    char *room = getcwd(NULL, 300);
    check("as much room as was asked for", room != NULL && malloc_usable_size(room) >= 300);
    free(room);
    check_listed();
    need("the way back", chdir("..") == 0 && rmdir("below") == 0 && chdir("..") == 0 && rmdir(text) == 0);
    room = rmdir(directory) == 0 ? getcwd(NULL, 300) : directory;
    check("a directory that is gone", room == NULL);
}

void served(void)
{
    memset(text, 'x', LENGTH);
    check_meshed("strdup", by_strdup);
    check_meshed("strndup", by_strndup);
    check_meshed("wcsdup", by_wcsdup);
    check_meshed("asprintf", by_asprintf);
    check_meshed("vasprintf", by_vasprintf);
    check_meshed("getline", by_getline);
    check_meshed("scanf", by_scanf);
    check_meshed("open_memstream", by_memstream);
    check_paths();
}

static int in_order(const void *one, const void *other)
{
    return (uintptr_t)one < (uintptr_t)other ? -1 : one != other;
}

/* The tree's nodes are what is looked at: a tree for each, whose root it is. */
static void *by_tsearch(unsigned number)
{
    void **root = malloc(sizeof *root);
    *root = NULL;
    return tsearch((void *)(uintptr_t)(number + 1), root, in_order) ? *root : NULL;
}

static void keep(void *key) { (void)key; }

static void drop_tree(void *root) { tdestroy(root, keep); }

static void *by_fopen(unsigned number)
{
    (void)number;
    return fmemopen(text, LENGTH, "r");
}

static void drop_stream(void *stream) { fclose(stream); }

/* Whether what the C library has for itself is never meshed. There is nothing else to mesh. */
void kept(void)
{
    size_t found = meshes_of(by_fopen, drop_stream);
    check("streams", found == 0);
    memset(text, 'x', LENGTH);
    /* The blocks of `by_tsearch` that hold the roots stay: they are few kinds of spans, all full. */
    found = meshes_of(by_tsearch, drop_tree);
    check("nodes", found == 0);
    struct sparse heap = sparse_new(6000, 10, 1);
    compact();
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
