/* While heaps are meshed, a thread closes every descriptor from 3 up and opens others in their place. */
#define _GNU_SOURCE
#include "at_work.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>

enum { NUMBERS = 1024, CHILDREN = 12 };

static atomic_int done;
static int own = 1;
static char opened[NUMBERS];

/* Opens until all numbers are taken. Each descriptor counts its own number, so that another one in its place is noticed. */
static void open_all(void)
{
    memset(opened, 0, sizeof opened);
    int file;
    while ((file = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) != -1 && file < NUMBERS) {
        uint64_t number = (uint64_t)file;
        own &= write(file, &number, sizeof number) == sizeof number;
        opened[file] = 1;
    }
    close(file);
}

static void close_all(void)
{
    for (int i = 3; i < NUMBERS; i++) {
        uint64_t number;
        if (opened[i])
            own &= read(i, &number, sizeof number) == sizeof number && number == (uint64_t)i;
        close(i);
    }
}

static void *close_and_open(void *unused)
{
    do {
        close_all();
        open_all();
        usleep(500);
    } while (!atomic_load(&done));
    return unused;
}

/* Whether the process has meshed before, and with it opened what the library opens once, does not matter for its blocks. For
   its descriptors it does: who closes a number in the moment between our opening and closing it, and opens another file there,
   may lose that one. */
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
    return good && (own || !before);
}

int main(void)
{
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
    check("children keep their blocks and their descriptors", children);
    check("so does their parent", at_work_beside(&kept, 1, 1, 99));
    check("and children that come later", at_work_in_child(&kept, 2, 100));
    sparse_free(&kept);
    return 0;
}
