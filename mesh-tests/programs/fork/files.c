/* Forks beside threads that open, write and close files: their locks and ours are taken in the same order. */
#include "family.h"
#include <errno.h>

enum { FORKS = 50, THREADS = 3 };

static atomic_int enough, failed;

static void *use_files(void *unused)
{
    (void)unused;
    for (unsigned i = 0; !enough; i++) {
        FILE *file = fopen("/dev/null", "w");
        if (file == NULL) {
            failed = 1;
            continue;
        }
        failed |= fprintf(file, "%u", i) < 0;
        if (i % 4 == 0)
            failed |= fflush(NULL) != 0;
        failed |= fclose(file) != 0;
    }
    return NULL;
}

void files(void)
{
    pthread_t threads[THREADS];
    struct sparse heap = sparse_new(5000, 10, 1);
    compact();
    for (int i = 0; i < THREADS; i++)
        need("a thread starts", pthread_create(&threads[i], NULL, use_files, NULL) == 0);
    int good = 0;
    for (unsigned i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0) {
            FILE *file = fopen("/dev/null", "w");
            int bad = file == NULL || fprintf(file, "%u", i) < 0 || fclose(file) != 0;
            _exit(bad | live(i) | !sparse_painted(&heap, 1));
        }
        good += well(child);
        if (i % 10 == 0)
            compact();
    }
    enough = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    check("children beside threads with files", good == FORKS);
    check("files work", !failed);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
