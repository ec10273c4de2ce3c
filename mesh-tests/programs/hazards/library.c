/* Functions in which the C library makes the call that writes, and does not pass its arguments on as they are. */
#include "blocks.h"
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <resolv.h>
#include <setjmp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Calls that are made more often than others: the moment in which one of them can meet a mesh is short. */
#define OFTEN(name, times)                                                         \
    static int call_##name(struct blocks *blocks, struct things *things)          \
    {                                                                              \
        int good = 1;                                                              \
        for (int i = 0; i < times; i++)                                            \
            good &= once_##name(blocks, things);                                   \
        return good;                                                               \
    }

static int once_processor_time(struct blocks *blocks, struct things *things)
{
    void *block = block_of(blocks, sizeof(struct timespec));
    (void)things;
    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, block) == 0 && touched(block, sizeof(struct timespec))
        && clock_gettime(CLOCK_PROCESS_CPUTIME_ID, block) == 0;
}
OFTEN(processor_time, 20)

/* The mask is saved by the kernel. */
static int once_sigsetjmp(struct blocks *blocks, struct things *things)
{
    struct __jmp_buf_tag *buffer = (struct __jmp_buf_tag *)block_of(blocks, sizeof *buffer);
    (void)things;
    if (sigsetjmp(buffer, 1) == 0)
        return buffer->__mask_was_saved == 1;
    return 0;
}
OFTEN(sigsetjmp, 10)

static int once_vmsplice(struct blocks *blocks, struct things *things)
{
    enum { SIZE = 100 };
    unsigned char *block = block_of(blocks, SIZE);
    struct iovec part = {block, SIZE};
    need("a message", write(things->pipe[1], next_message(things, SIZE), SIZE) == SIZE);
    return vmsplice(things->pipe[0], &part, 1, 0) == SIZE && painted(block, SIZE, things->number);
}
OFTEN(vmsplice, 10)

/* A server that says to every question that it has no answer. */
static struct sockaddr_in server;

static void *answers(void *number)
{
    int file = (int)(intptr_t)number;
    unsigned char question[512];
    struct sockaddr_in from;
    for (;;) {
        socklen_t room = sizeof from;
        ssize_t length = recvfrom(file, question, sizeof question, 0, (struct sockaddr *)&from, &room);
        if (length < NS_HFIXEDSZ)
            continue;
        /* An answer, of a server that asks others. */
        question[2] |= 0x80;
        question[3] |= 0x80;
        sendto(file, question, (size_t)length, 0, (struct sockaddr *)&from, room);
    }
    return NULL;
}

static void serve(void)
{
    pthread_t thread;
    socklen_t room = sizeof server;
    int file = socket(AF_INET, SOCK_DGRAM, 0);
    server.sin_family = AF_INET;
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need("a server", bind(file, (struct sockaddr *)&server, sizeof server) == 0
                         && getsockname(file, (struct sockaddr *)&server, &room) == 0
                         && pthread_create(&thread, NULL, answers, (void *)(intptr_t)file) == 0);
}

static int once_resolver(struct blocks *blocks, struct things *things)
{
    enum { SIZE = 256 };
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static __thread struct __res_state state;
    static __thread unsigned char question[128];
    static __thread int length;
    (void)things;
    pthread_once(&once, serve);
    if (length == 0) {
        need("a resolver", res_ninit(&state) == 0);
        state.nscount = 1;
        state.nsaddr_list[0] = server;
        state.retrans = 5;
        state.retry = 4;
        length = res_nmkquery(&state, ns_o_query, "mesh.test", ns_c_in, ns_t_a, NULL, 0, NULL, question, sizeof question);
        need("a question", length > 0);
    }
    unsigned char *block = block_of(blocks, SIZE);
    return res_nsend(&state, question, length, block, SIZE) == length && touched(block, SIZE);
}
OFTEN(resolver, 5)

const struct call library_calls[] = {
    {"clock_gettime of processor time", call_processor_time},
    {"sigsetjmp", call_sigsetjmp},
    {"vmsplice", call_vmsplice},
    {"res_nsend", call_resolver},
    {NULL, NULL},
};
