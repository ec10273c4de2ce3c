/* Forks beside threads that open, write and close files: their locks and ours are taken in the same order. */
#include "family.h"
#include <errno.h>

enum { FORKS = 50 };

static atomic_int failed;

static void *use_files(void *unused)
{
    (void)unused;
    for (unsigned i = 0; !stop; i++) {
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

static int use_file(unsigned number)
{
    FILE *file = fopen("/dev/null", "w");
    return file == NULL || fprintf(file, "%u", number) < 0 || fclose(file) != 0;
}

void files(void)
{
    struct sparse heap = sparse_new(5000, 10, 1);
    compact();
    const struct company company = {3, use_files, use_file};
    check("children beside threads with files", forks_beside(&company, FORKS, &heap) == FORKS);
    check("files work", !failed);
    check("the heap is as before", sparse_painted(&heap, 1));
    sparse_free(&heap);
}
