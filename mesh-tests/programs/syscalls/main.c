/* Reads into sparse blocks from four threads while a fifth compacts. */
#include "io.h"

static atomic_int stop;
static atomic_int spoiled;

static void *churn(void *unused)
{
    (void)unused;
    for (unsigned i = 1; !stop; i++) {
        struct sparse heap = sparse_new(1000, 10, i);
        compact();
        spoiled |= !sparse_painted(&heap, i);
        sparse_free(&heap);
    }
    return NULL;
}

struct topic {
    const char *name;
    int (*run)(const struct sparse *);
    unsigned seed;
};

static void *in_thread(void *argument)
{
    const struct topic *topic = argument;
    struct sparse heap = sparse_new(4000, 10, topic->seed);
    int good = topic->run(&heap);
    sparse_free(&heap);
    return (void *)(intptr_t)good;
}

int main(void)
{
    static struct topic topics[] = {
        {"read and readv from pipes", pipes, 1},
        {"recv, recvfrom and recvmsg of datagrams", datagrams, 2},
        {"pread and preadv of files", files, 3},
    };
    enum { TOPICS = sizeof topics / sizeof *topics };
    pthread_t threads[TOPICS], churner;
    pthread_create(&churner, NULL, churn, NULL);
    for (int i = 0; i < TOPICS; i++)
        pthread_create(&threads[i], NULL, in_thread, &topics[i]);
    for (int i = 0; i < TOPICS; i++) {
        void *good;
        pthread_join(threads[i], &good);
        check(topics[i].name, good != NULL);
    }
    check("direct reads of files", direct_files());
    stop = 1;
    pthread_join(churner, NULL);
    check("other blocks are whole", !spoiled);
    return 0;
}
