/* Four threads that pass blocks on, with forks between: prints what a trace of it must hold. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, STEPS = 20000, PLACES = 64, FORKS = 20 };

static void *_Atomic places[PLACES];
static _Atomic long allocated, resized, freed;

static void give_back(void *block) {
    if (block != NULL) {
        free(block);
        freed++;
    }
}

static void *work(void *argument) {
    unsigned seed = (unsigned)(long)argument;
    for (int step = 0; step < STEPS; step++) {
        int place = rand_r(&seed) % PLACES;
        size_t size = 1 + rand_r(&seed) % 3000;
        void *block = __atomic_exchange_n((void **)&places[place], NULL, __ATOMIC_ACQ_REL);
        if (block != NULL && step % 3 == 0) {
            block = realloc(block, size);
            resized++;
        } else {
            give_back(block);
            block = step % 5 == 0 ? calloc(1, size) : step % 7 == 0 ? aligned_alloc(64, 64) : malloc(size);
            allocated++;
        }
        give_back(__atomic_exchange_n((void **)&places[place], block, __ATOMIC_ACQ_REL));
    }
    return NULL;
}

int main(void) {
    static char line[128];
    setvbuf(stdout, line, _IOFBF, sizeof line);
    pthread_t threads[THREADS];
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0) {
            /* Another thread may have been recording just then: none of this may wait for it. */
            for (int j = 0; j < 100; j++)
                free(malloc(100));
            _exit(0);
        }
        int status;
        if (waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < PLACES; i++)
        give_back(places[i]);
    printf("%ld %ld %ld\n", allocated, resized, freed);
    return 0;
}
