/* Runs the topic that the argument names. */
#include "topics.h"

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } topics[] = {
        {"short-lives", short_lives},
        {"destructors", destructors},
        {"cancellation", cancellation},
        {"heap-stacks", heap_stacks},
        {"mailboxes", mailboxes},
        {"main-leaves", main_leaves},
        {"detached-at-exit", detached_at_exit},
        {"exit-beside-threads", exit_beside_threads},
        {"exit-from-thread", exit_from_thread},
    };
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (argc == 2 && strcmp(argv[1], topics[i].name) == 0) {
            topics[i].run();
            return 0;
        }
    return 64;
}
