/* Calls that wait for events, which are there. */
#include "blocks.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static int call_epoll(struct blocks *blocks, struct things *things)
{
    struct epoll_event *events = (struct epoll_event *)block_of(blocks, 4 * sizeof *events);
    int good = epoll_wait(things->set, events, 4, 100) == 1 && events[0].data.u32 == 42;
    events[0].data.u32 = 0;
    return good && epoll_pwait(things->set, events, 4, 100, NULL) == 1 && events[0].data.u32 == 42;
}

static int call_poll(struct blocks *blocks, struct things *things)
{
    struct pollfd *files = (struct pollfd *)block_of(blocks, 2 * sizeof *files);
    struct timespec time = {1, 0};
    files[0] = (struct pollfd){things->pipe[1], POLLOUT, 0};
    files[1] = (struct pollfd){things->pipe[0], POLLIN, -1};
    int good = poll(files, 2, 100) == 1 && files[0].revents == POLLOUT && files[1].revents == 0;
    files[0].revents = 0;
    return good && ppoll(files, 2, &time, NULL) == 1 && files[0].revents == POLLOUT;
}

static int call_select(struct blocks *blocks, struct things *things)
{
    fd_set *readers = (fd_set *)block_of(blocks, sizeof(fd_set));
    fd_set *writers = (fd_set *)block_of(blocks, sizeof(fd_set));
    struct timeval *time = (struct timeval *)block_of(blocks, sizeof *time);
    struct timespec other = {1, 0};
    FD_ZERO(readers);
    FD_ZERO(writers);
    FD_SET(things->pipe[0], readers);
    FD_SET(things->pipe[1], writers);
    *time = (struct timeval){1, 0};
    int good = select(things->pipe[1] + things->pipe[0] + 1, readers, writers, NULL, time) == 1
        && FD_ISSET(things->pipe[1], writers) && !FD_ISSET(things->pipe[0], readers)
        && time->tv_sec <= 1;
    return good && pselect(things->pipe[1] + 1, NULL, writers, NULL, &other, NULL) == 1;
}

const struct call event_calls[] = {
    {"epoll_wait, epoll_pwait", call_epoll}, {"poll, ppoll", call_poll}, {"select, pselect", call_select},
    {NULL, NULL},
};
