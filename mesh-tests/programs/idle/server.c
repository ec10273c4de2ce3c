/* A server that frees most of what it has, and then only waits for requests: "endless" in one wait, "ticking" in short ones,
   "polling" with poll(), "selecting" with select(). A second process looks at its memory, and sends the only request when it has come down, or after
   five seconds. */
#include "../check.h"
#include "../physical.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STAY = 1 << 16, IN = 4, SIZE = 256, LOOKS = 250, LOOK_US = 20000 };

/* KiB of physical memory of the process. */
static char receive(int from)
{
    char byte = 0;
    need("a message", read(from, &byte, 1) == 1);
    return byte;
}

static void send_to(int to, char byte)
{
    need("a message is sent", write(to, &byte, 1) == 1);
}

static int watch(pid_t server, int from, int to)
{
    (void)receive(from);
    long full = physical(server), now = full;
    send_to(to, 'g');
    (void)receive(from);
    for (int look = 0; look < LOOKS && now > full / 2; look++) {
        usleep(LOOK_US);
        now = physical(server);
    }
    fprintf(stderr, "%ld of %ld KiB\n", now, full);
    send_to(to, 'q');
    return now <= full / 2 ? 0 : 1;
}

static void wait_for_request(const char *how, int from)
{
    if (strcmp(how, "polling") == 0) {
        struct pollfd file = {from, POLLIN, 0};
        need("poll", poll(&file, 1, -1) == 1 && (file.revents & POLLIN));
        return;
    }
    if (strcmp(how, "selecting") == 0) {
        fd_set files;
        FD_ZERO(&files);
        FD_SET(from, &files);
        need("select", select(from + 1, &files, NULL, NULL, NULL) == 1 && FD_ISSET(from, &files));
        return;
    }
    if (strcmp(how, "sleeping") == 0) {
        struct pollfd file = {from, POLLIN, 0};
        struct timespec end;
        clock_gettime(CLOCK_MONOTONIC, &end);
        do {
            end.tv_sec++;
            need("a sleep", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == 0);
        } while (poll(&file, 1, 0) == 0);
        return;
    }
    int set = epoll_create1(0), got;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = from};
    need("epoll", set >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, from, &event) == 0);
    do
        got = epoll_wait(set, &event, 1, strcmp(how, "ticking") == 0 ? 100 : -1);
    while (got == 0 && strcmp(how, "ticking") == 0);
    need("epoll_wait", got == 1 && event.data.fd == from);
}

int main(int count, char **arguments)
{
    int up[2], down[2], status;
    need("a topic", count == 2);
    need("pipes", pipe(up) == 0 && pipe(down) == 0);
    pid_t server = getpid(), watcher = fork();
    need("fork", watcher >= 0);
    if (watcher == 0)
        _exit(watch(server, up[0], down[1]));

    static unsigned char *blocks[STAY * IN];
    unsigned state = 1;
    for (int i = 0; i < STAY * IN; i++) {
        blocks[i] = malloc(SIZE);
        need("memory", blocks[i] != NULL);
        paint(blocks[i], SIZE, (unsigned)i);
    }
    send_to(up[1], 'f');
    (void)receive(down[0]);
    for (int i = 0; i < STAY * IN; i++)
        if (next_random(&state) % IN != 0) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
    send_to(up[1], 'f');
    wait_for_request(arguments[1], down[0]);

    int all = 1;
    for (int i = 0; i < STAY * IN; i++)
        all &= blocks[i] == NULL || painted(blocks[i], SIZE, (unsigned)i);
    check("what stayed is as it was", all);
    need("the watcher ends", waitpid(watcher, &status, 0) == watcher);
    check("half of the memory came back while the server waited", status == 0);
    return 0;
}
