/* Runs the case that the argument names, over a heap that has been compacted. */
#include "cases.h"

int main(int argc, char **argv)
{
    static const struct signal_case *const lists[] = {
        own_handlers, deaths, masks, stacks, heap_writers, threads, in_waits, small_stacks, children,
    };
    struct sparse heap = sparse_new(2000, 10, 1);
    compact();
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const struct signal_case *one = lists[i]; one->name != NULL; one++) {
            if (argc == 1)
                puts(one->name);
            else if (strcmp(argv[1], one->name) == 0) {
                one->run();
                check("the heap is whole", sparse_painted(&heap, 1));
                return 0;
            }
        }
    return argc == 1 ? 0 : 64;
}
