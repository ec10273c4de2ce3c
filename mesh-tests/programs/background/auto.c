/* A program with several threads that all sleep gets one more, which compacts its heap; one with a single thread gets none. The argument says how
   many threads there are beside the first. */
#include "../sparse.h"
#include <dlfcn.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef int control(const char *, void *, size_t *, void *, size_t);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t end = PTHREAD_COND_INITIALIZER;
static int over;

static void *sleeper(void *nothing)
{
    pthread_mutex_lock(&mutex);
    while (!over)
        pthread_cond_wait(&end, &mutex);
    pthread_mutex_unlock(&mutex);
    return nothing;
}

static size_t threads(void)
{
    struct stat status;
    need("/proc", stat("/proc/self/task", &status) == 0);
    return status.st_nlink - 2;
}

static size_t saved(void)
{
    control *mesh_mallctl = (control *)dlsym(RTLD_DEFAULT, "mesh_mallctl");
    size_t pages = 0, size = sizeof pages;
    need("the library", mesh_mallctl && mesh_mallctl("mesh.pages_saved", &pages, &size, NULL, 0) == 0);
    return pages;
}

/* Sleeps at a condition that nobody signals, again and again, until the heap is compacted or ten seconds have passed. */
static void wait_until_compacted(size_t pages)
{
    pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    pthread_mutex_lock(&own);
    for (int i = 0; i < 20 && saved() < pages; i++) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 500000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&never, &own, &until);
    }
    pthread_mutex_unlock(&own);
}

int main(int argc, char **argv)
{
    pthread_t others[8];
    int count = argc > 1 ? atoi(argv[1]) : 0;
    for (int i = 0; i < count; i++)
        need("a thread", pthread_create(&others[i], NULL, sleeper, NULL) == 0);
    struct sparse heap = sparse_new(20000, 10, 1);
    wait_until_compacted(500);
    check("the heap is compacted", saved() >= 500);
    check("one more thread where there are several", threads() == (size_t)count + 1 + (count > 0));
    check("bytes are kept", sparse_painted(&heap, 1));
    pthread_mutex_lock(&mutex);
    over = 1;
    pthread_cond_broadcast(&end);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < count; i++)
        pthread_join(others[i], NULL);
    for (int i = 0; i < 500 && threads() > 1; i++)
        usleep(20000);
    check("none when the others have ended", threads() == 1);
    return 0;
}
