/* `list` names the cases and what they deserve; a name does that one. */
#include "cases.h"

static const struct misuse *const lists[] = {twice, inside, elsewhere, regrown, overrun, sound};
static const char *const verdicts[] = {"at-once", "by-the-end", "unnoticed", "sound"};

int main(int count, char **arguments)
{
    const char *wanted = count > 1 ? arguments[1] : "list";
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const struct misuse *at = lists[i]; at->name; at++) {
            if (strcmp(wanted, "list") == 0)
                printf("%s %s\n", verdicts[at->verdict], at->name);
            if (strcmp(wanted, at->name) != 0)
                continue;
            at->act();
            puts("went on");
            fflush(stdout);
            return 0;
        }
    return strcmp(wanted, "list") == 0 ? 0 : 2;
}
