/* Calls that are interrupted, left, or never end. */
#include "blocks.h"
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

enum { SIZE = 64, TIMES = 200 };

static atomic_int stop;

/* Sparse memory that is meshed, over and over. */
static void *churn(void *unused)
{
    (void)unused;
    for (unsigned i = 1; !stop; i++) {
        struct sparse heap = sparse_new(800, 8, i);
        compact();
        if (!sparse_painted(&heap, i))
            check("other blocks are whole", 0);
        sparse_free(&heap);
    }
    return NULL;
}

/* A handler that reads, in the middle of a read. */

static int handler_pipe[2], handler_failures;
static unsigned char *handler_block;

static void reading_handler(int signal)
{
    int before = errno;
    (void)signal;
    if (write(handler_pipe[1], "in the handler", 14) != 14 || read(handler_pipe[0], handler_block, 14) != 14
        || memcmp(handler_block, "in the handler", 14))
        handler_failures++;
    errno = before;
}

static void nested_reads(struct blocks *blocks)
{
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = reading_handler, .sa_flags = SA_RESTART};
    int ends[2], good = 1;
    pid_t child;
    need("pipes", pipe(ends) == 0 && pipe(handler_pipe) == 0);
    handler_block = block_of(blocks, SIZE);
    child = fork();
    if (child == 0) {
        unsigned char message[SIZE];
        for (unsigned i = 0; i < TIMES; i++) {
            usleep(2000);
            paint(message, SIZE, i);
            if (write(ends[1], message, SIZE) != SIZE)
                _exit(1);
        }
        _exit(0);
    }
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (unsigned i = 0; i < TIMES; i++) {
        unsigned char *block = blocks->heap.blocks[i * 3 % 600];
        size_t size = blocks->heap.sizes[i * 3 % 600] < SIZE ? 16 : SIZE;
        for (size_t at = 0; at < SIZE; at += size)
            good &= read(ends[0], block, size) == (ssize_t)size;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    waitpid(child, NULL, 0);
    check("reads that a reading handler interrupts", good);
    check("reads in the handler", handler_failures == 0);
    close(ends[0]);
    close(ends[1]);
}

/* A call that is left by a jump, from several depths. */

static sigjmp_buf out;

static void jumping_handler(int signal)
{
    (void)signal;
    siglongjmp(out, 1);
}

static int read_for_ever(int file, unsigned char *block, int depth)
{
    volatile char room[200] = {0};
    if (depth > 0)
        return read_for_ever(file, block, depth - 1) + room[depth];
    return read(file, block, SIZE) > 0;
}

static void jumps(struct blocks *blocks)
{
    struct itimerval soon = {{0, 0}, {0, 1000}};
    struct sigaction action = {.sa_handler = jumping_handler};
    int ends[2];
    volatile int left = 0;
    unsigned char *block;
    need("a pipe", pipe(ends) == 0);
    sigaction(SIGALRM, &action, NULL);
    for (volatile int i = 0; i < TIMES; i++) {
        block = block_of(blocks, SIZE);
        if (sigsetjmp(out, 1)) {
            left++;
            continue;
        }
        setitimer(ITIMER_REAL, &soon, NULL);
        read_for_ever(ends[0], block, i % 16);
    }
    block = block_of(blocks, SIZE);
    check("jumps out of reads", left == TIMES);
    check("a read after them", write(ends[1], "here", 4) == 4 && read(ends[0], block, SIZE) == 4
                                   && memcmp(block, "here", 4) == 0);
    close(ends[0]);
    close(ends[1]);
}

/* Threads that are cancelled in a call, or that read when their memory has been taken back already. */

struct reader {
    int file;
    unsigned char *block;
};

static void *blocked(void *argument)
{
    struct reader *reader = argument;
    return read(reader->file, reader->block, SIZE) == SIZE ? NULL : PTHREAD_CANCELED;
}

static pthread_key_t last_words;
static atomic_int last_words_failed;

static void read_at_the_end(void *argument)
{
    static _Thread_local int round;
    struct reader *reader = argument;
    if (write(reader[1].file, "the end", 7) != 7 || read(reader->file, reader->block, 7) != 7)
        last_words_failed++;
    if (++round < 3)
        pthread_setspecific(last_words, argument);
}

static void *dying(void *argument)
{
    pthread_setspecific(last_words, argument);
    return NULL;
}

static void deaths(struct blocks *blocks)
{
    int ends[2], cancelled = 0;
    need("a pipe", pipe(ends) == 0);
    for (int i = 0; i < TIMES; i++) {
        struct reader reader = {ends[0], block_of(blocks, SIZE)};
        pthread_t thread;
        void *result;
        need("a thread", pthread_create(&thread, NULL, blocked, &reader) == 0);
        if (i % 2)
            usleep(200);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        cancelled += result == PTHREAD_CANCELED;
    }
    check("threads cancelled in a read", cancelled == TIMES);
    pthread_key_create(&last_words, read_at_the_end);
    for (int i = 0; i < TIMES; i++) {
        struct reader both[2] = {{ends[0], block_of(blocks, SIZE)}, {ends[1], NULL}};
        pthread_t thread;
        need("a thread", pthread_create(&thread, NULL, dying, both) == 0);
        pthread_join(thread, NULL);
    }
    check("reads by threads that end", last_words_failed == 0);
    close(ends[0]);
    close(ends[1]);
}

/* Datagrams that arrive while the process forks. */

static int packets[2];
static struct blocks receiver_blocks;

static void *receive(void *unused)
{
    unsigned lost = 0, number = 0;
    (void)unused;
    for (;;) {
        unsigned char *block = receiver_blocks.heap.blocks[number * 5 % receiver_blocks.heap.count];
        ssize_t size = recv(packets[0], block, 16, 0);
        if (size == 1)
            return (void *)(uintptr_t)lost;
        /* On a busy machine nobody has sent anything for long. And whoever has signals blocked when a child ends has the kernel wake
           another thread for SIGCHLD, which nobody handles: a known limit, see the README. */
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (size != 16 || !painted(block, 16, number))
            lost++;
        number++;
    }
}

static void forks(void)
{
    enum { FORKS = 60, EACH = 50 };
    struct timeval second = {2, 0};
    pthread_t receiver;
    unsigned number = 0;
    int good = 1;
    void *lost;
    blocks_renew(&receiver_blocks);
    need("sockets", socketpair(AF_UNIX, SOCK_DGRAM, 0, packets) == 0);
    setsockopt(packets[0], SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    need("a thread", pthread_create(&receiver, NULL, receive, NULL) == 0);
    compact();
    for (int i = 0; i < FORKS; i++) {
        /* The sender is a child, which goes on while its parent forks again. */
        pid_t sender = fork(), other;
        if (sender == 0) {
            unsigned char message[16];
            for (unsigned j = 0; j < EACH; j++) {
                paint(message, 16, number + j);
                if (send(packets[1], message, 16, 0) != 16)
                    _exit(1);
            }
            _exit(0);
        }
        number += EACH;
        other = fork();
        if (other == 0) {
            /* The child writes to all of its memory, also to what its parent's threads were receiving into. */
            for (size_t j = 0; j < receiver_blocks.heap.count; j++)
                memset(receiver_blocks.heap.blocks[j], (int)j, receiver_blocks.heap.sizes[j]);
            _exit(0);
        }
        int status = 1, status_of_other = 1;
        waitpid(sender, &status, 0);
        waitpid(other, &status_of_other, 0);
        good &= status == 0 && status_of_other == 0;
    }
    good &= send(packets[1], "", 1, 0) == 1;
    pthread_join(receiver, &lost);
    check("children", good);
    check("datagrams that arrive during a fork", lost == NULL);
    sparse_free(&receiver_blocks.heap);
}

/* Pointers to nothing. */

static void bad_pointers(void)
{
    void *nowhere = (void *)16, *gone = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int ends[2], file[2], failed = 0, all = 0;
    need("pipes", pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, file) == 0);
    need("bytes", write(ends[1], "12345678", 8) == 8 && send(file[1], "12345678", 8, 0) == 8);
    for (int i = 0; i < 2; i++) {
        void *bad = i ? gone : nowhere;
        struct iovec part = {bad, 8};
        struct msghdr header = {.msg_iov = bad, .msg_iovlen = 1}, other = {.msg_iov = &part, .msg_iovlen = 1};
#define FAILS(expression) (all++, errno = 0, failed += (expression) == -1 && errno == EFAULT)
        FAILS(read(ends[0], bad, 8));
        FAILS(readv(ends[0], bad, 1));
        FAILS(readv(ends[0], &part, 1));
        FAILS(recvmsg(file[0], bad, MSG_DONTWAIT));
        FAILS(recvmsg(file[0], &header, MSG_DONTWAIT));
        FAILS(recvmsg(file[0], &other, MSG_DONTWAIT | MSG_PEEK));
        FAILS(stat(".", bad));
        FAILS(select(1, bad, NULL, NULL, NULL));
        FAILS(nanosleep(bad, NULL));
        FAILS(pipe(bad));
    }
    check("pointers to nothing fail at once", failed == all);
    for (int i = 0; i < 2; i++) {
        close(ends[i]);
        close(file[i]);
    }
}

/* Threads that wait all the time, and get what they waited for in the end. */

enum { WAITING = 8 };

int main(void)
{
    struct blocks blocks = {.heap = {0}, .next = 0, .seed = 77};
    struct reader readers[WAITING];
    pthread_t waiting[WAITING], churner;
    int ends[WAITING][2], good = 1;
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    blocks_renew(&blocks);
    /* Alarms are for the main thread only. */
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    for (int i = 0; i < WAITING; i++) {
        need("a pipe", pipe(ends[i]) == 0);
        readers[i] = (struct reader){ends[i][0], blocks.heap.blocks[400 + i]};
        while (malloc_usable_size(readers[i].block) < SIZE)
            readers[i].block = block_of(&blocks, SIZE);
        need("a thread", pthread_create(&waiting[i], NULL, blocked, &readers[i]) == 0);
    }
    pthread_create(&churner, NULL, churn, NULL);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    bad_pointers();
    nested_reads(&blocks);
    jumps(&blocks);
    deaths(&blocks);
    forks();
    for (int i = 0; i < WAITING; i++) {
        unsigned char message[SIZE];
        void *result;
        paint(message, SIZE, (unsigned)i);
        good &= write(ends[i][1], message, SIZE) == SIZE;
        pthread_join(waiting[i], &result);
        good &= result == NULL && painted(readers[i].block, SIZE, (unsigned)i);
    }
    check("reads that waited all the time", good);
    stop = 1;
    pthread_join(churner, NULL);
    sparse_free(&blocks.heap);
    return 0;
}
