/* Direct reads by bare system calls, which no function sees, in threads beside one that compacts. */
#include "targets.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

static atomic_int over;
static atomic_int lost, failed;
static int file;

enum { READERS = 16 };

static long bare(long number, long a, long b, long c, long d)
{
    long result;
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
    return result;
}

static void *reads(void *first)
{
    while (!over) {
        for (int i = (int)(long)first; i < TARGETS && !over; i += READERS) {
            clear(i);
            if (bare(SYS_pread64, file, (long)targets[i], SIZE, (long)SIZE * i) != SIZE)
                failed++;
            else
                lost += !has_arrived(i);
        }
    }
    return NULL;
}

int main(void)
{
    file = file_of_pieces(O_DIRECT);
    make_targets();
    pthread_t readers[READERS];
    for (long i = 0; i < READERS; i++)
        need("a thread", pthread_create(&readers[i], NULL, reads, (void *)i) == 0);
    for (int round = 0; round < 4 * ROUNDS; round++)
        stir();
    over = 1;
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    check("no read failed", failed == 0);
    check("all has arrived", lost == 0);
    /* Smaller objects go on being meshed. */
    struct sparse heap = sparse_new(20000, 10, 1);
    compact();
    check("a sparse heap is as it was", sparse_painted(&heap, 1));
    return 0;
}
