/* recv and its relatives: a datagram that does not arrive whole is lost. */
#include "io.h"

static ssize_t receive(int socket, unsigned way, unsigned char *block, size_t size)
{
    struct iovec part = {block, size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    switch (way) {
    case 0:
        return recv(socket, block, size, 0);
    case 1:
        return recvfrom(socket, block, size, 0, NULL, NULL);
    case 2:
        return recvmsg(socket, &header, 0);
    default:
        return read(socket, block, size);
    }
}

int datagrams(const struct sparse *heap)
{
    static const char *const ways[] = {"recv", "recvfrom", "recvmsg", "read"};
    int ends[2], good = 1;
    unsigned char message[1024];
    need("sockets", socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
    for (unsigned call = 0; good && call < CALLS; call++) {
        size_t a = call * 11u % heap->count, size = heap->sizes[a];
        write_message(message, size, call);
        good &= send(ends[1], message, size, 0) == (ssize_t)size;
        good &= returned(ways[call % 4], receive(ends[0], call % 4, heap->blocks[a], size), size);
        good &= is_message(heap->blocks[a], size, call);
    }
    close(ends[0]);
    close(ends[1]);
    return good;
}
