/* Processes that fork. The argument names the topic. */
#include "family.h"

atomic_int stop;
atomic_int spoiled;

static void *work(void *seed)
{
    unsigned state = (unsigned)(size_t)seed;
    struct sparse mine = sparse_new(2000, 8, state);
    while (!stop) {
        spoiled |= live(next_random(&state));
        spoiled |= !sparse_painted(&mine, (unsigned)(size_t)seed);
    }
    sparse_free(&mine);
    return NULL;
}

void start_threads(pthread_t *threads, int count)
{
    for (int i = 0; i < count; i++)
        need("a thread starts",
             pthread_create(&threads[i], NULL, work, (void *)(size_t)(i + 1)) == 0);
}

void join_threads(pthread_t *threads, int count)
{
    stop = 1;
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    stop = 0;
}

int forks_beside(const struct company *company, unsigned forks, const struct sparse *heap)
{
    pthread_t threads[8];
    need("room for the threads", company->threads <= 8);
    for (int i = 0; i < company->threads; i++)
        need("a thread starts", pthread_create(&threads[i], NULL, company->work, NULL) == 0);
    int good = 0;
    for (unsigned i = 0; i < forks; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(company->child(i) | live(i) | !sparse_painted(heap, 1));
        good += well(child);
        if (i % 10 == 0)
            compact();
    }
    join_threads(threads, company->threads);
    return good;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } topics[] = {
        {"beside-threads", beside_threads}, {"generations", generations},
        {"contents", contents},             {"stopped-child", stopped_child},
        {"raw-clones", raw_clones},         {"programs", programs},
        {"signals", signals},               {"within-library", within_library},
        {"no-room", no_room},               {"prefork", prefork},
        {"storm", storm},                   {"files", files},
        {"handlers", handlers},             {"name-services", name_services},
        {"shared-lock", shared_lock},       {"shared-lock-stop", shared_lock_stop},
        {"mask", mask},                     {"at-once", at_once},
        {"namespaces", namespaces},         {"interrupted", interrupted},
    };
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (argc == 2 && strcmp(argv[1], topics[i].name) == 0) {
            topics[i].run();
            return 0;
        }
    return 64;
}
