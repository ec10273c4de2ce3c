/* Objects that the kernel writes to by itself: their spans are pinned. Comes first, while no other span is. */
#include "topics.h"
#include <pthread.h>

int mesh_unpin(const void *) __attribute__((weak));

/* Takes one pin back; without the library there are none to look for. */
static int pinned(const void *object)
{
    return mesh_unpin == NULL || mesh_unpin(object) == 0;
}

static int inherits(int protocol)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    pthread_mutex_t *mutex = malloc(sizeof *mutex);
    need("a mutex", mutex != NULL && pthread_mutex_init(mutex, &attributes) == 0);
    int was_pinned = pinned(mutex);
    pthread_mutex_destroy(mutex);
    free(mutex);
    return was_pinned;
}

static int unbuffered(void (*make)(FILE *))
{
    FILE *file = fopen("/dev/zero", "r");
    need("a stream", file != NULL);
    make(file);
    int zero = fgetc(file) == 0;
    fclose(file);
    return zero;
}

static void by_setvbuf(FILE *file) { setvbuf(file, NULL, _IONBF, 0); }

static void by_setbuf(FILE *file) { setbuf(file, NULL); }

static void by_setbuffer(FILE *file) { setbuffer(file, NULL, 0); }

void written_by_the_kernel(void)
{
    check("a mutex that inherits priorities", inherits(PTHREAD_PRIO_INHERIT));
    check("unbuffered by setvbuf", unbuffered(by_setvbuf));
    check("unbuffered by setbuf", unbuffered(by_setbuf));
    check("unbuffered by setbuffer", unbuffered(by_setbuffer));
    check("others are not pinned", mesh_unpin == NULL || !inherits(PTHREAD_PRIO_NONE));
}
