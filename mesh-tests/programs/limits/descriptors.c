/* Programs that close descriptors they did not open, or have none left. */
#define _GNU_SOURCE
#include "../sparse.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int use_heap(unsigned seed)
{
    struct sparse heap = sparse_new(3000, 10, seed);
    compact();
    int good = sparse_painted(&heap, seed);
    sparse_paint(&heap, seed + 1);
    compact();
    good &= sparse_painted(&heap, seed + 1);
    sparse_free(&heap);
    return good;
}

static int use_heap_in_child(unsigned seed)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(!use_heap(seed));
    waitpid(child, &status, 0);
    return status == 0;
}

int main(void)
{
    struct sparse heap = sparse_new(3000, 10, 1);
    compact();
    print_low_descriptors();
    for (int i = 3; i < 20000; i++)
        close(i);
    check("after closing one by one", use_heap(2) && use_heap_in_child(3));
    closefrom(3);
    check("after closefrom", use_heap(4) && use_heap_in_child(5));
    close_range(3, ~0u, 0);
    check("after close_range", use_heap(6) && use_heap_in_child(7));
    struct rlimit none = {3, 3};
    need("setrlimit", setrlimit(RLIMIT_NOFILE, &none) == 0);
    check("with no descriptor left", use_heap(8) && use_heap_in_child(9));
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
    return 0;
}
