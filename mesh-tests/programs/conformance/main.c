/* Corner cases of the allocation functions, one line for each check. With an argument: those of one topic. */
#include "../check.h"
#include "topics.h"

static const struct {
    const char *name;
    void (*run)(void);
} topics[] = {
    {"sizes", sizes},         {"overflow", overflow},           {"alignment", alignment}, {"reallocation", reallocation},
    {"contents", contents},   {"introspection", introspection}, {"names", names},         {"lifetime", lifetime},
    {"matrix", matrix},       {"powers", powers},               {"in_place", in_place},   {"tuning", tuning},
};

int main(int count, char **arguments)
{
    int found = 0;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (count < 2 || strcmp(arguments[1], topics[i].name) == 0) {
            topics[i].run();
            found = 1;
        }
    need("a topic of this name", found);
    return 0;
}
