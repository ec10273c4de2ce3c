/* A busy program that fragments its heap, round by round: each makes 40 MiB of blocks of another size within two seconds, looks at some of them all
 * the time, and frees all but every eighth. `limited.sh` looks how little memory it can do with. */
#include "../check.h"
#include <time.h>

enum { ROUNDS = 6, STEPS = 40, BYTES = 40 << 20, KEPT = 8 };

static const size_t sizes[ROUNDS] = {96, 160, 256, 384, 640, 1024};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void)
{
    static unsigned char *blocks[ROUNDS][BYTES / 96 + 1];
    unsigned state = 1;
    double next = seconds();
    for (int round = 0; round < ROUNDS; round++) {
        size_t size = sizes[round], count = BYTES / size, made = 0;
        for (size_t step = 1; step <= STEPS; step++) {
            for (; made < count * step / STEPS; made++) {
                blocks[round][made] = malloc(size);
                need("a block", blocks[round][made] != NULL);
                paint(blocks[round][made], size, (unsigned)made);
            }
            for (next += 2.0 / STEPS; seconds() < next;) {
                size_t some = next_random(&state) % made;
                need("a whole block", painted(blocks[round][some], size, (unsigned)some));
            }
        }
        for (size_t i = 0; i < count; i += KEPT) {
            size_t lucky = i + next_random(&state) % KEPT;
            for (size_t j = i; j < i + KEPT && j < count; j++)
                if (j != lucky) {
                    free(blocks[round][j]);
                    blocks[round][j] = NULL;
                }
        }
    }
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < BYTES / sizes[round]; i++)
            need("a whole block", !blocks[round][i] || painted(blocks[round][i], sizes[round], (unsigned)i));
    return 0;
}
