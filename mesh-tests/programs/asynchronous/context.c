/* Reads by the kernel's older interface, through libaio ("library") or syscall() ("call"), direct from the disk. */
#include "targets.h"
#include <libaio.h>
#include <sys/syscall.h>

static int by_call;

static int hand_over(io_context_t context, long count, struct iocb **list)
{
    return by_call ? (int)syscall(SYS_io_submit, context, count, list) : io_submit(context, count, list);
}

static int receive(io_context_t context, long count, struct io_event *events)
{
    return by_call ? (int)syscall(SYS_io_getevents, context, count, count, events, NULL)
                   : io_getevents(context, count, count, events, NULL);
}

int main(int count, char **arguments)
{
    need("arguments", count == 2);
    by_call = !strcmp(arguments[1], "call");
    int file = file_of_pieces(O_DIRECT);
    make_targets();
    io_context_t context = 0;
    need("a context", (by_call ? (int)syscall(SYS_io_setup, TARGETS, &context) : io_setup(TARGETS, &context)) == 0);
    static struct iocb requests[TARGETS];
    static struct iocb *list[TARGETS];
    static struct iovec vectors[TARGETS];
    struct io_event *events = malloc(sizeof *events * 16);
    int lost = 0, failed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < TARGETS; i++) {
            clear(i);
            vectors[i] = (struct iovec){targets[i], SIZE};
            if (i % 2)
                io_prep_pread(&requests[i], file, targets[i], SIZE, (long long)SIZE * i);
            else
                io_prep_preadv(&requests[i], file, &vectors[i], 1, (long long)SIZE * i);
            list[i] = &requests[i];
        }
        need("all of them", hand_over(context, TARGETS, list) == TARGETS);
        stir();
        for (int i = 0; i < TARGETS; i += 16) {
            need("answers", receive(context, 16, events) == 16);
            for (int j = 0; j < 16; j++) {
                if (events[j].res != SIZE)
                    failed++;
                else
                    lost += !has_arrived((int)(events[j].obj - requests));
            }
        }
    }
    check("no read failed", failed == 0);
    check("all has arrived", lost == 0);
    return 0;
}
