/* A thread gives memory back while it has a lock that the program's fork handlers take: neither waits for the other. */
#include "family.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void take(void)
{
    pthread_mutex_lock(&lock);
}

static void leave(void)
{
    pthread_mutex_unlock(&lock);
}

static void *give_back(void *unused)
{
    (void)unused;
    for (unsigned i = 0; !stop; i++) {
        take();
        spoiled |= live(i);
        compact();
        leave();
        usleep(50);
    }
    return NULL;
}

static int child(unsigned number)
{
    (void)number;
    return 0;
}

void shared_lock(void)
{
    struct sparse heap = sparse_new(2000, 10, 1);
    need("handlers are registered", pthread_atfork(take, leave, leave) == 0);
    struct company company = {.threads = 1, .work = give_back, .child = child};
    check("all children end well", forks_beside(&company, 200, &heap) == 200);
    check("nothing was spoiled", !spoiled);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
