/* Accesses that go wrong, with nobody to handle it. */
#include "matrix.h"

enum { PAGE = 4096 };
static const uintptr_t far = (uintptr_t)40 << 30;

static void null_read(void) { read_from(0); }
static void null_write(void) { write_to(8); }
static void null_call(void) { call(0); }

static void write_to_code(void) { write_to((uintptr_t)null_read); }

static void beyond_canonical(void) { read_from((uintptr_t)1 << 62); }

static void privileged(void) { __asm__ volatile("hlt"); }

static void jump_into(size_t size)
{
    void *block = malloc(size);
    memset(block, 0xc3, size);
    call((uintptr_t)block);
}

static void jump_into_small(void) { jump_into(64); }
static void jump_into_kibibyte(void) { jump_into(1024); }
static void jump_into_large(void) { jump_into(1 << 20); }

static void write_far_above(void) { write_to((uintptr_t)malloc(100) + far); }
static void write_far_below(void) { write_to((uintptr_t)malloc(100) - far); }
static void read_far_above(void) { read_from((uintptr_t)malloc(1 << 20) + far); }

static void hidden_page(void)
{
    char *page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    read_from((uintptr_t)page + 5);
}

static void protected_heap_page(void)
{
    char *block = aligned_alloc(PAGE, 4 * PAGE);
    mprotect(block, PAGE, PROT_READ);
    write_to((uintptr_t)block + 77);
}

static void unmapped_page(void)
{
    char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page, PAGE);
    write_to((uintptr_t)page + 9);
}

static void beyond_file(void)
{
    int file = memfd_create("empty", MFD_CLOEXEC);
    char *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
    read_from((uintptr_t)page + 3);
}

static int recurse(volatile char *above)
{
    volatile char here[PAGE];
    here[0] = above[0];
    return opaque(0) ? 0 : recurse(here) + here[0];
}

/* The exact address differs from run to run with the environment: only the signal is compared. */
static void stack_overflow(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(SIGSEGV, &action, NULL);
    volatile char here = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(recurse(&here));
    int status = 0;
    while (syscall(SYS_wait4, child, &status, 0, NULL) < 0 && errno == EINTR)
        ;
    _exit(status & 0x7f);
}

static void division(void)
{
    __asm__ volatile("divl %0" : : "r"(0), "a"(1), "d"(0));
}

static void *write_in_thread(void *unused)
{
    write_to(24);
    return unused;
}

static void in_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, write_in_thread, NULL);
    pthread_join(thread, NULL);
}

const struct fault_case accesses[] = {
    {"null read", null_read},
    {"null write", null_write},
    {"null call", null_call},
    {"write to code", write_to_code},
    {"address that is none", beyond_canonical},
    {"privileged instruction", privileged},
    {"jump into a small object", jump_into_small},
    {"jump into a kibibyte", jump_into_kibibyte},
    {"jump into a large object", jump_into_large},
    {"write 40 GiB past an object", write_far_above},
    {"write 40 GiB before an object", write_far_below},
    {"read 40 GiB past a large object", read_far_above},
    {"read of a hidden page", hidden_page},
    {"write to a protected heap page", protected_heap_page},
    {"write to an unmapped page", unmapped_page},
    {"read beyond a file", beyond_file},
    {"stack overflow", stack_overflow},
    {"division by zero", division},
    {"write in a thread", in_thread},
    {NULL, NULL},
};
