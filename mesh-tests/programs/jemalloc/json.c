/* Prints the summary as JSON. */
#include "../check.h"
#include <jemalloc/jemalloc.h>

static void print(void *argument, const char *text)
{
    fputs(text, argument);
}

int main(void)
{
    malloc_stats_print(print, stdout, "J");
    return 0;
}
