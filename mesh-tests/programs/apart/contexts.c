/* Contexts and stacks of coroutines in the heap. */
#define _GNU_SOURCE
#include "topics.h"
#include <ucontext.h>

enum { ROUNDS = 200, CONTEXTS = 100, STACK = 64 << 10 };

static ucontext_t *outside, *inside, *contexts_of_round[CONTEXTS];
static unsigned turns;

static void turn(int one, int two, int three, int four, int five, int six, int seven)
{
    need("the arguments", one + two + three + four + five + six + seven == 28);
    for (;;) {
        turns++;
        swapcontext(inside, outside);
    }
}

void contexts(void)
{
    begin_meshing();
    static int fine, i;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        sparse_objects((void **)contexts_of_round, CONTEXTS, sizeof(ucontext_t));
        compact();
        inside = contexts_of_round[0];
        fine = getcontext(inside) == 0;
        inside->uc_stack.ss_sp = malloc(STACK);
        inside->uc_stack.ss_size = STACK;
        makecontext(inside, (void (*)(void))turn, 7, 1, 2, 3, 4, 5, 6, 7);
        for (i = 1; i < CONTEXTS && fine; i++) {
            outside = contexts_of_round[i];
            fine = getcontext(outside) == 0 && swapcontext(outside, inside) == 0;
        }
        if (!fine)
            break;
        free(inside->uc_stack.ss_sp);
        for (i = 0; i < CONTEXTS; i++)
            free(contexts_of_round[i]);
    }
    check("contexts are taken and changed", fine && turns == ROUNDS * (CONTEXTS - 1));
    stop_meshing();
}
