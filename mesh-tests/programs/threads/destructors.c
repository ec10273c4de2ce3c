/* Destructors of thread-specific data that allocate and free after everything else. */
#include "topics.h"
#include <limits.h>

enum { KEYS = 40, THREADS = 200 };

static pthread_key_t keys[KEYS];
static atomic_int calls, spoiled;

struct value {
    size_t key;
    int round;
    unsigned char *block;
};

static struct value *new_value(size_t key, int round)
{
    struct value *value = malloc(sizeof *value);
    *value = (struct value){key, round, malloc(100 + 10 * key)};
    paint(value->block, 100 + 10 * key, (unsigned)key);
    return value;
}

/* Comes back until the system stops asking, so the last round is after every other destructor. */
static void destroy(void *argument)
{
    struct value *value = argument;
    spoiled |= !painted(value->block, 100 + 10 * value->key, (unsigned)value->key);
    calls++;
    if (value->round + 1 < PTHREAD_DESTRUCTOR_ITERATIONS)
        pthread_setspecific(keys[value->key], new_value(value->key, value->round + 1));
    free(value->block);
    free(value);
}

static void *leave_values(void *unused)
{
    for (size_t i = 0; i < KEYS; i++)
        pthread_setspecific(keys[i], new_value(i, 0));
    return unused;
}

/* This thread's first use of the heap is in a destructor. */
static pthread_key_t late_key;

static void allocate_late(void *argument)
{
    unsigned char *block = malloc(300);
    paint(block, 300, 3);
    spoiled |= !painted(block, 300, 3);
    free(block);
    calls++;
    (void)argument;
}

static void *only_a_destructor(void *unused)
{
    pthread_setspecific(late_key, &late_key);
    return unused;
}

void destructors(void)
{
    for (size_t i = 0; i < KEYS; i++)
        need("a key", pthread_key_create(&keys[i], destroy) == 0);
    need("a key", pthread_key_create(&late_key, allocate_late) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(start(leave_values, NULL), NULL);
    check("every destructor ran in every round",
          calls == THREADS * KEYS * PTHREAD_DESTRUCTOR_ITERATIONS);
    calls = 0;
    for (int i = 0; i < THREADS; i++)
        pthread_join(start(only_a_destructor, NULL), NULL);
    check("a destructor is the first to allocate", calls == THREADS);
    check("destructors found their blocks", !spoiled);
}
