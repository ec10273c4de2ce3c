/* Calls that move bytes. */
#include "blocks.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

enum { SIZE = 300 };

static int send_to(int file, struct things *things, size_t size)
{
    return write(file, next_message(things, size), size) == (ssize_t)size;
}

static int is_message(const unsigned char *block, size_t size, const struct things *things)
{
    return painted(block, size, things->number);
}

static int call_read(struct blocks *blocks, struct things *things)
{
    unsigned char *block = block_of(blocks, SIZE);
    return send_to(things->pipe[1], things, SIZE) && read(things->pipe[0], block, SIZE) == SIZE
        && is_message(block, SIZE, things);
}

/* The file holds message 0. */
static int call_pread(struct blocks *blocks, struct things *things)
{
    unsigned char *block = block_of(blocks, SIZE);
    return pread(things->file, block, SIZE, 0) == SIZE && painted(block, SIZE, 0);
}

static int call_readv(struct blocks *blocks, struct things *things)
{
    enum { PARTS = 8, PART = 32 };
    struct iovec on_stack[PARTS], *parts = on_stack;
    int good = send_to(things->pipe[1], things, PARTS * PART);
    if (things->number % 2)
        parts = (struct iovec *)block_of(blocks, sizeof on_stack);
    for (int i = 0; i < PARTS; i++)
        parts[i] = (struct iovec){block_of(blocks, PART), PART};
    good &= readv(things->pipe[0], parts, PARTS) == PARTS * PART;
    for (int i = 0; i < PARTS; i++)
        good &= memcmp(parts[i].iov_base, things->message + i * PART, PART) == 0;
    return good;
}

static int call_preadv(struct blocks *blocks, struct things *things)
{
    struct iovec parts[2] = {{block_of(blocks, 100), 100}, {block_of(blocks, 200), 200}};
    int good = preadv(things->file, parts, 2, 0) == 300 && painted(parts[0].iov_base, 100, 0);
    memset(parts[0].iov_base, 0, 100);
    return good && preadv2(things->file, parts, 2, 0, 0) == 300 && painted(parts[0].iov_base, 100, 0);
}

static int call_recv(struct blocks *blocks, struct things *things)
{
    unsigned char *block = block_of(blocks, SIZE);
    return send_to(things->packets[1], things, SIZE)
        && recv(things->packets[0], block, SIZE, 0) == SIZE && is_message(block, SIZE, things);
}

static int call_recvfrom(struct blocks *blocks, struct things *things)
{
    unsigned char *block = block_of(blocks, SIZE), *address = block_of(blocks, sizeof(struct sockaddr_un));
    socklen_t *length = (socklen_t *)block_of(blocks, sizeof *length);
    *length = sizeof(struct sockaddr_un);
    return send_to(things->packets[1], things, SIZE)
        && recvfrom(things->packets[0], block, SIZE, 0, (struct sockaddr *)address, length) == SIZE
        && is_message(block, SIZE, things) && *length <= sizeof(struct sockaddr_un);
}

static int call_recvmsg(struct blocks *blocks, struct things *things)
{
    struct msghdr *header = (struct msghdr *)block_of(blocks, sizeof *header);
    struct iovec *part = (struct iovec *)block_of(blocks, sizeof *part);
    *part = (struct iovec){block_of(blocks, SIZE), SIZE};
    *header = (struct msghdr){.msg_iov = part, .msg_iovlen = 1, .msg_flags = -1,
                              .msg_control = block_of(blocks, 64), .msg_controllen = 64};
    return send_to(things->packets[1], things, SIZE) && recvmsg(things->packets[0], header, 0) == SIZE
        && header->msg_flags != -1 && header->msg_controllen == 0
        && is_message(part->iov_base, SIZE, things);
}

static int call_recvmmsg(struct blocks *blocks, struct things *things)
{
    enum { COUNT = 3 };
    struct mmsghdr *headers = (struct mmsghdr *)block_of(blocks, COUNT * sizeof *headers);
    struct iovec parts[COUNT];
    int good = 1;
    for (int i = 0; i < COUNT; i++) {
        good &= send_to(things->packets[1], things, SIZE);
        parts[i] = (struct iovec){block_of(blocks, SIZE), SIZE};
        headers[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    good &= recvmmsg(things->packets[0], headers, COUNT, 0, NULL) == COUNT;
    for (int i = 0; i < COUNT; i++)
        good &= headers[i].msg_len == SIZE && painted(parts[i].iov_base, SIZE, things->number - COUNT + 1 + i);
    return good;
}

static int call_getrandom(struct blocks *blocks, struct things *things)
{
    unsigned char *block = block_of(blocks, SIZE);
    (void)things;
    int good = getrandom(block, SIZE, 0) == SIZE && touched(block, SIZE);
    memset(block, 0xee, SIZE);
    return good && getentropy(block, 256) == 0 && touched(block, 256);
}

static int call_fread(struct blocks *blocks, struct things *things)
{
    unsigned char *block = block_of(blocks, SIZE), *buffer = block_of(blocks, 200);
    FILE *stream = fdopen(dup(things->file), "r");
    int good = stream != NULL && fseek(stream, 0, SEEK_SET) == 0;
    /* Unbuffered: straight into the block. */
    setvbuf(stream, NULL, _IONBF, 0);
    good &= fread(block, 1, SIZE, stream) == SIZE && painted(block, SIZE, 0);
    fclose(stream);
    /* With a buffer of the program's. */
    stream = fdopen(dup(things->file), "r");
    good &= setvbuf(stream, (char *)buffer, _IOFBF, 200) == 0 && fseek(stream, 0, SEEK_SET) == 0;
    for (int i = 0; i < SIZE; i++)
        block[i] = (unsigned char)fgetc(stream);
    fclose(stream);
    return good && painted(block, SIZE, 0);
}

static int call_msgrcv(struct blocks *blocks, struct things *things)
{
    struct { long kind; char text[SIZE]; } *message = (void *)block_of(blocks, sizeof *message), sent = {7, {0}};
    if (things->queue < 0)
        return 1;
    memcpy(sent.text, next_message(things, SIZE), SIZE);
    return msgsnd(things->queue, &sent, SIZE, 0) == 0 && msgrcv(things->queue, message, SIZE, 0, 0) == SIZE
        && message->kind == 7 && painted(message->text, SIZE, things->number);
}

static int call_offsets(struct blocks *blocks, struct things *things)
{
    off_t *offset = (off_t *)block_of(blocks, sizeof *offset);
    unsigned char *block = block_of(blocks, 64);
    *offset = 0;
    int good = sendfile(things->pipe[1], things->file, offset, 64) == 64 && *offset == 64;
    good &= read(things->pipe[0], block, 64) == 64 && painted(block, 64, 0);
    *offset = 0;
    good &= splice(things->file, offset, things->pipe[1], NULL, 64, 0) == 64 && *offset == 64;
    return good & (read(things->pipe[0], block, 64) == 64);
}

static int call_eventfd(struct blocks *blocks, struct things *things)
{
    uint64_t *value = (uint64_t *)block_of(blocks, sizeof *value);
    return eventfd_write(things->event, 5) == 0 && eventfd_read(things->event, value) == 0 && *value == 5;
}

static int call_getdents(struct blocks *blocks, struct things *things)
{
    unsigned char *block = block_of(blocks, 500);
    return lseek(things->directory, 0, SEEK_SET) == 0 && getdents64(things->directory, block, 500) > 0
        && touched(block, 24);
}

const struct call byte_calls[] = {
    {"read", call_read}, {"pread", call_pread}, {"readv", call_readv}, {"preadv, preadv2", call_preadv},
    {"recv", call_recv}, {"recvfrom", call_recvfrom}, {"recvmsg", call_recvmsg},
    {"recvmmsg", call_recvmmsg}, {"getrandom, getentropy", call_getrandom},
    {"fread, setvbuf", call_fread}, {"msgrcv", call_msgrcv}, {"sendfile, splice", call_offsets},
    {"eventfd_read", call_eventfd}, {"getdents64", call_getdents}, {NULL, NULL},
};
