/* While heaps are meshed, a thread closes every descriptor from 3 up and opens others in their place. */
#define _GNU_SOURCE
#include "at_work.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

enum { NUMBERS = 1024, FIRST = 8, CHILDREN = 12, MOST_LOST = 2 };

static atomic_int done;
/* Descriptors that all processes have lost. */
static atomic_int *lost;
static char opened[NUMBERS];

/* Opens until all numbers below `end` are taken. Each descriptor counts its own number, so that another one in its place is noticed. */
static void open_all(int end)
{
    memset(opened, 0, sizeof opened);
    int file;
    while ((file = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) != -1 && file < end) {
        uint64_t number = (uint64_t)file;
        *lost += write(file, &number, sizeof number) != sizeof number;
        opened[file] = 1;
    }
    close(file);
}

static void close_all(int end)
{
    for (int i = 3; i < end; i++) {
        uint64_t number;
        if (opened[i])
            *lost += read(i, &number, sizeof number) != sizeof number || number != (uint64_t)i;
        close(i);
    }
}

/* All numbers once, and then those that the library's own files get, without a pause. */
static void *close_and_open(void *unused)
{
    for (int end = NUMBERS; !atomic_load(&done); end = FIRST) {
        close_all(end);
        open_all(end);
    }
    return unused;
}

/* Whether the process has meshed `before` does not matter. */
static int at_work_beside(const struct sparse *kept, int before, unsigned painted, unsigned seed)
{
    pthread_t thread;
    int good = !before || at_work(seed);
    atomic_store(&done, 0);
    need("a thread", pthread_create(&thread, NULL, close_and_open, NULL) == 0);
    good &= at_work(seed);
    good &= sparse_painted(kept, painted);
    sparse_paint(kept, painted + 1);
    compact();
    good &= sparse_painted(kept, painted + 1);
    atomic_store(&done, 1);
    pthread_join(thread, NULL);
    return good;
}

/* Before it moves anything the library looks at the status of the process, for a moment. Who closes a number between its last look at
   what is behind it and its closing it, and opens another file there, loses that one: it takes the system to stop the thread just
   there. If everything were closed unseen, most runs would lose five and more. */
int main(void)
{
    lost = mmap(NULL, sizeof *lost, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    need("shared memory", lost != MAP_FAILED);
    struct sparse kept = sparse_new(3000, 10, 1);
    compact();
    int children = 1;
    for (unsigned i = 0; i < CHILDREN; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0)
            _exit(!at_work_beside(&kept, i % 2, 1, i));
        waitpid(child, &status, 0);
        children &= status == 0;
    }
    check("children keep their blocks", children);
    check("so does their parent", at_work_beside(&kept, 1, 1, 99));
    check("and children that come later", at_work_in_child(&kept, 2, 100));
    check("all keep their descriptors", *lost <= MOST_LOST);
    sparse_free(&kept);
    return 0;
}
