/* Threads whose stacks are heap blocks. */
#include "topics.h"
#include <limits.h>

enum { TIMES = 100, SIZE = 128 * 1024 };

static void *work_on_stack(void *unused)
{
    unsigned char local[5000];
    paint(local, sizeof local, 1);
    struct sparse heap = sparse_new(300, 10, 2);
    compact();
    int good = painted(local, sizeof local, 1) && sparse_painted(&heap, 2);
    sparse_free(&heap);
    return good ? unused : NULL;
}

void heap_stacks(void)
{
    int good = 0;
    for (int i = 0; i < TIMES; i++) {
        pthread_attr_t attributes;
        pthread_t threads[2];
        void *stacks[2];
        for (int j = 0; j < 2; j++) {
            stacks[j] = aligned_alloc(4096, SIZE);
            pthread_attr_init(&attributes);
            need("a stack", pthread_attr_setstack(&attributes, stacks[j], SIZE) == 0);
            need("a thread starts",
                 pthread_create(&threads[j], &attributes, work_on_stack, &good) == 0);
            pthread_attr_destroy(&attributes);
        }
        for (int j = 0; j < 2; j++) {
            void *result;
            pthread_join(threads[j], &result);
            good += result != NULL;
            free(stacks[j]);
        }
    }
    check("threads ran on heap blocks", good == 2 * TIMES);
}
