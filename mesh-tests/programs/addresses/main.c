/* What a program can tell of the heap's addresses: how many there are, what a limit on them does, what pages are like. */
#include "topics.h"

static const struct topic {
    const char *name;
    void (*run)(void);
} topics[] = {
    {"limits", limits},
    {"sizes", sizes},
    {"advice", advice},
    {"faults", faults},
};

int main(int count, char **arguments)
{
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (count == 2 && strcmp(arguments[1], topics[i].name) == 0) {
            topics[i].run();
            return 0;
        }
    return 64;
}
