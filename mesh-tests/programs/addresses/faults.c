/* A userfaultfd of the program's own on blocks of whole pages. */
#define _GNU_SOURCE
#include "topics.h"
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096 };

static int descriptor;

/* Fills each page that is missed with sevens. */
static void *fill(void *page)
{
    struct uffd_msg message;
    memset(page, 7, PAGE);
    while (read(descriptor, &message, sizeof message) == sizeof message) {
        struct uffdio_copy copy = {
            .dst = message.arg.pagefault.address & ~(uint64_t)(PAGE - 1),
            .src = (uintptr_t)page,
            .len = PAGE,
        };
        ioctl(descriptor, UFFDIO_COPY, &copy);
    }
    return NULL;
}

static int works_on(char *block, size_t size)
{
    struct uffdio_register range = {
        .range = {(uintptr_t)block, size},
        .mode = UFFDIO_REGISTER_MODE_MISSING,
    };
    memset(block, 1, size);
    if (ioctl(descriptor, UFFDIO_REGISTER, &range) != 0)
        return 0;
    madvise(block, size, MADV_DONTNEED);
    int good = 1;
    for (size_t at = 0; at < size; at += PAGE)
        good &= *(volatile char *)(block + at) == 7;
    return good && ioctl(descriptor, UFFDIO_UNREGISTER, &range.range) == 0;
}

void faults(void)
{
    struct sparse heap = sparse_new(3000, 10, 1);
    static const size_t sizes[] = {PAGE, 2 * PAGE, 5 * PAGE, 64 * PAGE, 1000 * PAGE};
    struct uffdio_api api = {.api = UFFD_API};
    pthread_t filler;
    descriptor = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    need("userfaultfd", descriptor >= 0 && ioctl(descriptor, UFFDIO_API, &api) == 0);
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need("a thread", page != MAP_FAILED && pthread_create(&filler, NULL, fill, page) == 0);
    compact();
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            void *block = NULL;
            need("a block", posix_memalign(&block, PAGE, sizes[i]) == 0);
            check("a block whose faults the program answers", works_on(block, sizes[i]));
            free(block);
            compact();
        }
    sparse_paint(&heap, 2);
    compact();
    check("the heap is whole", sparse_painted(&heap, 2));
    sparse_free(&heap);
}
