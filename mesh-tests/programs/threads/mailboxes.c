/* Every block is freed by another thread than the one that allocated it. */
#include "topics.h"

enum { THREADS = 6, BOXES = 512, ROUNDS = 200000 };

struct letter {
    size_t size;
    unsigned seed;
};

static _Atomic(struct letter *) boxes[BOXES];
static atomic_int spoiled;

static void open_letter(struct letter *letter)
{
    if (letter == NULL)
        return;
    spoiled |= !painted(letter + 1, letter->size, letter->seed);
    free(letter);
}

static void *correspond(void *seed)
{
    unsigned state = (unsigned)(size_t)seed;
    for (int i = 0; i < ROUNDS; i++) {
        size_t size = next_random(&state) % 500;
        struct letter *letter = malloc(sizeof *letter + size);
        *letter = (struct letter){size, state};
        paint(letter + 1, size, state);
        open_letter(atomic_exchange(&boxes[next_random(&state) % BOXES], letter));
    }
    return NULL;
}

void mailboxes(void)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = start(correspond, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < BOXES; i++)
        open_letter(boxes[i]);
    check("letters arrived whole", !spoiled);
}
