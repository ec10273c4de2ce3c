/* A program with more rights than its user, or without an environment. */
#include "at_work.h"
#include <sys/auxv.h>

extern char **environ;

int main(void)
{
    printf("%s, %s\n", getauxval(AT_SECURE) ? "secure" : "usual", *environ == NULL ? "bare" : "variables");
    check("blocks are whole", at_work(1));
    struct sparse kept = sparse_new(3000, 10, 1);
    check("blocks of children are whole", at_work_in_child(&kept, 1, 2));
    sparse_free(&kept);
    return 0;
}
