/* Programs that close descriptors they did not open, or have none left. */
#define _GNU_SOURCE
#include "at_work.h"
#include <fcntl.h>
#include <sys/resource.h>

/* What the program would see of descriptors that are not its own. */
static void print_low_descriptors(void)
{
    int next = dup(1);
    close(next);
    printf("the next descriptor is %d\n", next);
    for (int i = 3; i < 100; i++)
        if (fcntl(i, F_GETFD) != -1)
            printf("descriptor %d is open\n", i);
}

int main(void)
{
    struct sparse heap = sparse_new(3000, 10, 1);
    compact();
    print_low_descriptors();
    for (int i = 3; i < 20000; i++)
        close(i);
    check("after closing one by one", at_work(2) && at_work_in_child(&heap, 1, 3));
    closefrom(3);
    check("after closefrom", at_work(4) && at_work_in_child(&heap, 1, 5));
    close_range(3, ~0u, 0);
    check("after close_range", at_work(6) && at_work_in_child(&heap, 1, 7));
    struct rlimit none = {3, 3};
    need("setrlimit", setrlimit(RLIMIT_NOFILE, &none) == 0);
    check("with no descriptor left", at_work(8) && at_work_in_child(&heap, 1, 9));
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
    return 0;
}
