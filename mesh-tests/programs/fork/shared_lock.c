/* A thread gives memory back, or ends meshing, while it has a lock that the program's fork handlers take: neither waits for
   the other. */
#include "family.h"
#include <sys/mman.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void take(void)
{
    pthread_mutex_lock(&lock);
}

static void leave(void)
{
    pthread_mutex_unlock(&lock);
}

/* Nothing meshes any more after `mlockall`; without a flag it does nothing else. */
static void end_meshing(void)
{
    spoiled |= mlockall(0) == 0;
}

static void *under_lock(void (*act)(void))
{
    for (unsigned i = 0; !stop; i++) {
        take();
        spoiled |= live(i);
        act();
        leave();
        usleep(50);
    }
    return NULL;
}

static void *give_back(void *unused)
{
    (void)unused;
    return under_lock(compact);
}

static void *stop_meshing(void *unused)
{
    (void)unused;
    return under_lock(end_meshing);
}

static int child(unsigned number)
{
    (void)number;
    return 0;
}

static void beside(void *(*work)(void *))
{
    struct sparse heap = sparse_new(2000, 10, 1);
    compact();
    need("handlers are registered", pthread_atfork(take, leave, leave) == 0);
    struct company company = {.threads = 1, .work = work, .child = child};
    check("all children end well", forks_beside(&company, 200, &heap) == 200);
    check("nothing was spoiled", !spoiled);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}

void shared_lock(void)
{
    beside(give_back);
}

void shared_lock_stop(void)
{
    beside(stop_meshing);
}
