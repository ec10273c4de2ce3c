/* What a heap does under the settings of a machine. The argument names the topic. */
#include "../fork/family.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <linux/prctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

enum { THREADS = 4, ROUNDS = 40 };

/* Room for 47 bits: what a program gets that asks for no more. */
static const uintptr_t USUAL = (uintptr_t)1 << 47;

static void *keep_house(void *seed)
{
    unsigned number = (unsigned)(size_t)seed;
    struct sparse mine = sparse_new(4000, 8, number);
    size_t failed = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        failed += (size_t)live(number * 100 + round);
        failed += !sparse_painted(&mine, number);
        sparse_paint(&mine, ++number);
    }
    for (size_t i = 0; i < mine.count; i++)
        failed += (uintptr_t)mine.blocks[i] >= USUAL;
    sparse_free(&mine);
    return (void *)failed;
}

/* Meshes come by themselves: nobody asks for memory to be given back. */
static void by_itself(void)
{
    struct sparse heap = sparse_new(8000, 8, 7);
    pthread_t threads[THREADS];
    size_t failed = 0;
    int good = 0;
    for (int i = 0; i < THREADS; i++)
        need("a thread starts",
             pthread_create(&threads[i], NULL, keep_house, (void *)(size_t)(i + 1)) == 0);
    for (int i = 0; i < ROUNDS / 4; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(live((unsigned)i) | !sparse_painted(&heap, 7));
        good += well(child);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failures;
        pthread_join(threads[i], &failures);
        failed += (size_t)failures;
    }
    check("threads kept their blocks, below 47 bits", failed == 0);
    check("children beside them", good == ROUNDS / 4);
    check("the heap is as before", sparse_painted(&heap, 7));
    sparse_free(&heap);
}

/* Nothing but memory: for every kind of machine. */
static void compacted(void)
{
    struct sparse heap = sparse_new(8000, 8, 3);
    compact();
    check("blocks survive compaction", sparse_painted(&heap, 3));
    pid_t child = fork();
    if (child == 0)
        _exit(live(1) | !sparse_painted(&heap, 3));
    check("so they do in a child", well(child));
    sparse_paint(&heap, 4);
    check("the heap is usable afterwards", sparse_painted(&heap, 4));
    sparse_free(&heap);
}

/* How much is on huge pages: KiB. Where, is said on standard error. */
static long on_huge_pages(void)
{
    char line[512], mapping[512] = "";
    long all = 0, amount;
    FILE *file = fopen("/proc/self/smaps", "r");
    need("smaps", file != NULL);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "AnonHugePages: %ld kB", &amount) == 1 && amount > 0) {
            fprintf(stderr, "%ld KiB of %s", amount, mapping);
            all += amount;
        } else if (sscanf(line, "%*x-%*x %*4s %lx", &(unsigned long){0}) == 1) {
            memcpy(mapping, line, sizeof line);
        }
    }
    fclose(file);
    return all;
}

struct link {
    struct link *before;
    unsigned char bytes[192];
};

/* Says how much lies on huge pages, in KiB: with small blocks only, and with a large one beside them. */
static void huge(void)
{
    enum { SMALL = 200000, LARGE = 64 << 20 };
    struct link *last = NULL;
    for (unsigned i = 0; i < SMALL; i++) {
        struct link *block = malloc(sizeof *block);
        need("memory", block != NULL);
        block->before = last;
        paint(block->bytes, sizeof block->bytes, i);
        last = block;
    }
    printf("small %ld\n", on_huge_pages());
    char *large = malloc(LARGE);
    need("memory", large != NULL);
    memset(large, 1, LARGE);
    printf("large %ld\n", on_huge_pages());
    int same = 1;
    for (unsigned i = SMALL; i-- > 0;) {
        struct link *block = last;
        same &= painted(block->bytes, sizeof block->bytes, i);
        last = block->before;
        free(block);
    }
    free(large);
    check("blocks keep their bytes", same);
}

/* Blocks until there are no more. Says how many MiB there were. */
static void exhaustion(void)
{
    enum { MIB = 16, MOST = 1 << 16 };
    static void *blocks[MOST];
    size_t count = 0;
    while (count < MOST) {
        errno = 0;
        blocks[count] = malloc((size_t)MIB << 20);
        if (blocks[count] == NULL)
            break;
        count++;
    }
    int error = errno;
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    /* Nothing could be printed before: a file may need memory, too. */
    printf("MiB %zu\n", count * MIB);
    check("the last one is refused with ENOMEM", count < MOST && error == ENOMEM);
    compacted();
}

/* What the machine has promised to all its programs: KiB. */
static long promised(void)
{
    char line[256];
    long amount = 0;
    FILE *file = fopen("/proc/meminfo", "r");
    need("meminfo", file != NULL);
    while (fgets(line, sizeof line, file) && sscanf(line, "Committed_AS: %ld kB", &amount) != 1)
        ;
    fclose(file);
    return amount;
}

/* Says what the machine promises for a heap: KiB when it is full, and when it has been emptied and compacted. */
static void promises(void)
{
    enum { COUNT = 400000, SIZE = 250, IN = 8 };
    static char *blocks[COUNT];
    long before = promised();
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(SIZE);
        need("memory", blocks[i] != NULL);
        paint(blocks[i], SIZE, (unsigned)i);
    }
    printf("full %ld\n", promised() - before);
    unsigned state = 1;
    for (int i = 0; i < COUNT; i++)
        if (next_random(&state) % IN) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
    compact();
    printf("compacted %ld\n", promised() - before);
    int same = 1;
    for (int i = 0; i < COUNT; i++)
        same &= blocks[i] == NULL || painted(blocks[i], SIZE, (unsigned)i);
    check("blocks survive compaction", same);
}

/* Mappings with a name of the library's that has `part` in it; all mappings, if there is none to have. */
static int mappings(const char *part)
{
    char line[512];
    int count = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    need("the maps", file != NULL);
    while (fgets(line, sizeof line, file))
        count += strstr(line, part) != NULL;
    fclose(file);
    return count;
}

/* What mappings are called, and how many there are: while spans are meshed, and when all is free again. */
static void names(void)
{
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need("a page", page != MAP_FAILED);
    int known = prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, page, 4096, "test") == 0;
    struct sparse heap = sparse_new(20000, 8, 3);
    compact();
    check("blocks survive compaction", sparse_painted(&heap, 3));
    printf("known %d\nheap %d\nshared %d\ntables %d\nmeshed %d\n", known, mappings("[anon:mesh: heap]"),
           mappings("[anon_shmem:mesh: shared]"), mappings("[anon:mesh: tables]"), mappings("-"));
    sparse_free(&heap);
    compact();
    printf("free %d\n", mappings("-"));
}

static void *on_a_high_stack(void *unused)
{
    (void)unused;
    volatile uintptr_t here = (uintptr_t)&here;
    pid_t child = fork();
    if (child == 0)
        _exit(live(9));
    return (void *)(size_t)(live(8) | !well(child) | (here < USUAL));
}

/* Memory beyond 47 bits, which only those get who ask for it. */
static void high(void)
{
    enum { STACK = 1 << 20 };
    char *wanted = (char *)((uintptr_t)1 << 52);
    char *memory = mmap(wanted, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need("memory beyond 47 bits", memory != MAP_FAILED && (uintptr_t)memory >= USUAL);
    struct sparse heap = sparse_new(8000, 8, 5);
    compact();
    int file = open("/proc/self/exe", O_RDONLY);
    need("a file", file >= 0);
    check("the kernel writes there",
          read(file, memory + STACK, 4) == 4 && memcmp(memory + STACK, "\177ELF", 4) == 0);
    close(file);
    pthread_attr_t attributes;
    pthread_t thread;
    void *failed = memory;
    pthread_attr_init(&attributes);
    need("a stack there", pthread_attr_setstack(&attributes, memory, STACK) == 0);
    need("a thread there", pthread_create(&thread, &attributes, on_a_high_stack, NULL) == 0);
    pthread_join(thread, &failed);
    check("a thread with its stack there", failed == NULL);
    check("the heap is as before", sparse_painted(&heap, 5));
    sparse_free(&heap);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } topics[] = {
        {"by-itself", by_itself}, {"compacted", compacted}, {"huge", huge},
        {"exhaustion", exhaustion}, {"high", high}, {"names", names}, {"promises", promises},
    };
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (argc == 2 && strcmp(argv[1], topics[i].name) == 0) {
            topics[i].run();
            return 0;
        }
    return 64;
}
