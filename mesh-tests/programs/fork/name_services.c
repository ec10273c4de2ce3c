/* Forks beside threads that look users up: the C library's fork takes the lock of the name services, which lies in a block
   of the heap, after all handlers have run. */
#include "family.h"
#include <pwd.h>

enum { FORKS = 30, EACH = 200, SIZES = 30 };

static atomic_int failed;

static int root_is_there(void)
{
    struct passwd entry, *found = NULL;
    char text[1024];
    return getpwuid_r(0, &entry, text, sizeof text, &found) == 0 && found != NULL;
}

static void *look_up(void *unused)
{
    (void)unused;
    while (!stop)
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

static int cannot_look_up(unsigned number)
{
    (void)number;
    return !root_is_there();
}

void name_services(void)
{
    sparse_name_services();
    struct sparse heap = sparse_new(2000, 10, 1);
    compact();
    const struct company company = {2, look_up, cannot_look_up};
    check("children beside threads with name services", forks_beside(&company, FORKS, &heap) == FORKS);
    check("name services work", !failed);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
