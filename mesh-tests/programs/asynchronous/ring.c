/* Reads by an io_uring: "plain" into blocks, "parts" by vectors, "fixed" into registered buffers; from the cache, or "direct" from the
   disk. Compacts while reads are under way. */
#include "targets.h"
#include <liburing.h>

int main(int count, char **arguments)
{
    need("arguments", count == 3);
    int fixed = !strcmp(arguments[1], "fixed"), parts = !strcmp(arguments[1], "parts");
    int file = file_of_pieces(!strcmp(arguments[2], "direct") ? O_DIRECT : 0);
    make_targets();
    static struct iovec vectors[TARGETS];
    for (int i = 0; i < TARGETS; i++)
        vectors[i] = (struct iovec){targets[i], SIZE};
    struct io_uring ring;
    here(io_uring_queue_init(TARGETS, &ring, 0) == 0);
    need("buffers", !fixed || io_uring_register_buffers(&ring, vectors, TARGETS) == 0);
    int lost = 0, failed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < TARGETS; i++) {
            clear(i);
            struct io_uring_sqe *request = io_uring_get_sqe(&ring);
            need("a place", request != NULL);
            if (fixed)
                io_uring_prep_read_fixed(request, file, targets[i], SIZE, (unsigned long long)SIZE * i, i);
            else if (parts)
                io_uring_prep_readv(request, file, &vectors[i], 1, (unsigned long long)SIZE * i);
            else
                io_uring_prep_read(request, file, targets[i], SIZE, (unsigned long long)SIZE * i);
            request->user_data = (unsigned long long)i;
            if (i % 16 == 15)
                io_uring_submit(&ring);
        }
        stir();
        for (int i = 0; i < TARGETS; i++) {
            struct io_uring_cqe *done;
            need("an answer", io_uring_wait_cqe(&ring, &done) == 0);
            if (done->res != SIZE)
                failed++;
            else
                lost += !has_arrived((int)done->user_data);
            io_uring_cqe_seen(&ring, done);
        }
    }
    check("no read failed", failed == 0);
    check("all has arrived", lost == 0);
    return 0;
}
