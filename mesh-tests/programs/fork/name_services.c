/* Forks beside threads that look users up: the C library's fork takes the lock of the name services, which lies in a block
   of the heap, after all handlers have run. */
#include "family.h"
#include <pwd.h>

enum { FORKS = 30, THREADS = 2, EACH = 200, SIZES = 30 };

static atomic_int enough, failed;

static int root_is_there(void)
{
    struct passwd entry, *found = NULL;
    char text[1024];
    return getpwuid_r(0, &entry, text, sizeof text, &found) == 0 && found != NULL;
}

static void *look_up(void *unused)
{
    (void)unused;
    while (!enough)
        failed |= !root_is_there();
    return NULL;
}

/* Blocks of many sizes around those of the name services, of which one in eight stays. */
static void sparse_name_services(void)
{
    static void *blocks[EACH][SIZES];
    for (int i = 0; i < EACH; i++) {
        for (int size = 0; size < SIZES; size++)
            blocks[i][size] = malloc(64 + 16 * (size_t)size);
        if (i == EACH / 2)
            need("root", root_is_there());
    }
    for (int i = 0; i < EACH; i++)
        for (int size = 0; size < SIZES; size++)
            if ((i + size) % 8 != 0)
                free(blocks[i][size]);
    for (int i = 0; i < 5; i++)
        compact();
}

void name_services(void)
{
    pthread_t threads[THREADS];
    sparse_name_services();
    struct sparse heap = sparse_new(2000, 10, 1);
    compact();
    for (int i = 0; i < THREADS; i++)
        need("a thread starts", pthread_create(&threads[i], NULL, look_up, NULL) == 0);
    int good = 0;
    for (unsigned i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit((!root_is_there()) | live(i) | !sparse_painted(&heap, 1));
        good += well(child);
        if (i % 10 == 0)
            compact();
    }
    enough = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    check("children beside threads with name services", good == FORKS);
    check("name services work", !failed);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
