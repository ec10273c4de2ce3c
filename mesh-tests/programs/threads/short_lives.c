/* Thousands of threads, each with a full heap of its own when it ends. */
#include "topics.h"

enum { THREADS = 4000, AT_ONCE = 8, BLOCKS = 200 };

struct parcel {
    unsigned char *blocks[BLOCKS];
    size_t sizes[BLOCKS];
};

static void *live_shortly(void *seed)
{
    unsigned state = (unsigned)(size_t)seed;
    struct parcel *parcel = malloc(sizeof *parcel);
    for (int i = 0; i < BLOCKS; i++) {
        parcel->sizes[i] = next_random(&state) % 600;
        parcel->blocks[i] = malloc(parcel->sizes[i]);
        paint(parcel->blocks[i], parcel->sizes[i], (unsigned)i);
    }
    /* Half of the blocks end with their thread, the others are for the one that joins it. */
    for (int i = 0; i < BLOCKS; i += 2) {
        free(parcel->blocks[i]);
        parcel->blocks[i] = NULL;
    }
    return parcel;
}

void short_lives(void)
{
    int good = 1;
    struct sparse heap = sparse_new(3000, 10, 1);
    for (size_t i = 0; i < THREADS / AT_ONCE; i++) {
        pthread_t threads[AT_ONCE];
        for (size_t j = 0; j < AT_ONCE; j++)
            threads[j] = start(live_shortly, (void *)(i * AT_ONCE + j));
        for (size_t j = 0; j < AT_ONCE; j++) {
            void *result;
            pthread_join(threads[j], &result);
            struct parcel *parcel = result;
            for (int k = 1; k < BLOCKS; k += 2) {
                good &= painted(parcel->blocks[k], parcel->sizes[k], (unsigned)k);
                free(parcel->blocks[k]);
            }
            free(parcel);
        }
    }
    check("blocks of threads that ended", good);
    check("blocks of the main thread", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
