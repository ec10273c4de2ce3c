/* Dies in a child, and looks for its blocks in the core file: those on shared pages too. */
#define _GNU_SOURCE
#include "at_work.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Mappings of shared memory without a file: of those that hold blocks, and of those that hold none, how many are wanted in
 * core files. */
struct flags {
    int with_blocks, with_blocks_dumped;
    int large, large_dumped;
};

static int holds_block(const struct sparse *heap, uintptr_t start, uintptr_t end)
{
    for (size_t i = 0; i < heap->count; i++)
        if ((uintptr_t)heap->blocks[i] >= start && (uintptr_t)heap->blocks[i] < end)
            return 1;
    return 0;
}

static struct flags look_at_mappings(const struct sparse *heap)
{
    struct flags flags = {0};
    unsigned long start = 0, end = 0, from, to;
    int shared = 0;
    char line[4096], access[5];
    FILE *file = fopen("/proc/self/smaps", "r");
    need("smaps", file != NULL);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%lx-%lx %4s", &from, &to, access) == 3) {
            start = from, end = to;
            shared = access[3] == 's' && strstr(line, "/dev/zero") != NULL;
        } else if (shared && strncmp(line, "VmFlags:", 8) == 0) {
            int dumped = strstr(line, " dd") == NULL;
            if (holds_block(heap, start, end)) {
                flags.with_blocks++;
                flags.with_blocks_dumped += dumped;
            } else if (end - start >= 1 << 20) {
                flags.large++;
                flags.large_dumped += dumped;
            }
        }
    }
    fclose(file);
    return flags;
}

static void die(const struct sparse *heap)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        _exit(1);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_CORE, &limit) != 0)
        _exit(1);
    sparse_paint(heap, 2);
    compact();
    abort();
}

/* Where the core file has the bytes of an address; -1 if it does not. */
static off_t place_of(const Elf64_Phdr *parts, int count, uintptr_t address, size_t size)
{
    for (int i = 0; i < count; i++)
        if (parts[i].p_type == PT_LOAD && address >= parts[i].p_vaddr
            && address + size <= parts[i].p_vaddr + parts[i].p_filesz)
            return (off_t)(parts[i].p_offset + (address - parts[i].p_vaddr));
    return -1;
}

static int blocks_are_in(int file, const struct sparse *heap)
{
    Elf64_Ehdr header;
    need("a core file's header", pread(file, &header, sizeof header, 0) == sizeof header);
    size_t count = header.e_phnum, bytes = count * sizeof(Elf64_Phdr);
    need("few parts", header.e_phnum != PN_XNUM);
    Elf64_Phdr *parts = malloc(bytes);
    need("a core file's parts", pread(file, parts, bytes, (off_t)header.e_phoff) == (ssize_t)bytes);
    int good = 1;
    for (size_t i = 0; i < heap->count; i++) {
        unsigned char block[1024];
        off_t at = place_of(parts, (int)count, (uintptr_t)heap->blocks[i], heap->sizes[i]);
        good &= at != -1 && pread(file, block, heap->sizes[i], at) == (ssize_t)heap->sizes[i]
            && painted(block, heap->sizes[i], 2 + (unsigned)i);
    }
    free(parts);
    return good;
}

static const char *core_pattern(void)
{
    static char pattern[256] = "unknown\n";
    FILE *file = fopen("/proc/sys/kernel/core_pattern", "r");
    if (file != NULL && fgets(pattern, sizeof pattern, file) == NULL)
        strcpy(pattern, "none\n");
    if (file != NULL)
        fclose(file);
    return pattern;
}

int main(void)
{
    enum { MOST = 200 << 20 };
    struct sparse heap = sparse_new(3000, 10, 1);
    compact();
    struct flags flags = look_at_mappings(&heap);
    check("shared pages with blocks are wanted in core files", flags.with_blocks == flags.with_blocks_dumped);
    check("other shared pages are not", flags.large_dumped == 0);
    if (getenv("MALLOCSTATS") != NULL)
        fprintf(stderr, "shared mappings with blocks: %d, large ones without: %d\n", flags.with_blocks, flags.large);
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        die(&heap);
    waitpid(child, &status, 0);
    check("a child died with a core file", WIFSIGNALED(status) && WCOREDUMP(status));
    /* The pattern of the names must be plain. */
    char name[32];
    snprintf(name, sizeof name, "core.%d", child);
    int file = open(access(name, F_OK) == 0 ? name : "core", O_RDONLY);
    if (file == -1)
        fprintf(stderr, "%s nor core: %s; kernel.core_pattern: %s", name, strerror(errno), core_pattern());
    need("the core file is in the current directory (kernel.core_pattern)", file != -1);
    struct stat about;
    need("fstat", fstat(file, &about) == 0);
    check("the core file is not large", about.st_size < MOST);
    check("all blocks are in the core file", blocks_are_in(file, &heap));
    close(file);
    sparse_free(&heap);
    return 0;
}
