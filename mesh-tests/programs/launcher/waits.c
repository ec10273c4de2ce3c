/* A program whose heap is meshed, and which then waits. With an argument it has a child that does the same. */
#include "../sparse.h"
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static struct sparse heap;

static void mesh_and_say(const char *who)
{
    heap = sparse_new(20000, 10, 1);
    compact();
    printf("%s %d\n", who, (int)getpid());
    fflush(stdout);
}

int main(int count, char **arguments)
{
    (void)arguments;
    mesh_and_say("ready");
    if (count > 1 && fork() == 0)
        mesh_and_say("child");
    for (;;)
        poll(NULL, 0, 1000);
}
