/* liburcu: its threads sleep in small blocks while these are meshed, and run what they are given afterwards. */
#include "../sparse.h"
#include <pthread.h>
#include <unistd.h>
#include <urcu.h>

enum { WORKERS = 20, BESIDE = 2500, CALLBACKS = 200, TENTHS = 200 };

struct node {
    struct rcu_head head;
    char rest[100];
};

static int ran;

static void run(struct rcu_head *head)
{
    __atomic_add_fetch(&ran, 1, __ATOMIC_SEQ_CST);
    free(head);
}

int main(void)
{
    static void *others[WORKERS * BESIDE];
    struct call_rcu_data *workers[WORKERS];
    size_t size = malloc_usable_size(create_call_rcu_data(0, -1));
    rcu_register_thread();
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = create_call_rcu_data(0, -1);
        for (int k = 0; k < BESIDE; k++)
            others[i * BESIDE + k] = malloc(size);
    }
    /* They have nothing to do, and fall asleep. */
    usleep(500000);
    for (int i = 0; i < WORKERS * BESIDE; i++)
        if (i % 10)
            free(others[i]);
    compact();
    for (int i = 0; i < CALLBACKS; i++) {
        struct node *node = malloc(sizeof *node);
        set_thread_call_rcu_data(workers[i % WORKERS]);
        call_rcu(&node->head, run);
    }
    for (int i = 0; i < TENTHS && __atomic_load_n(&ran, __ATOMIC_SEQ_CST) < CALLBACKS; i++)
        usleep(100000);
    check("all callbacks run", __atomic_load_n(&ran, __ATOMIC_SEQ_CST) == CALLBACKS);
    return 0;
}
