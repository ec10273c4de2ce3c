/* What a program says in its variable of jemalloc's. */
#include "../check.h"
#include <jemalloc/jemalloc.h>

const char *malloc_conf = "narenas:2,dirty_decay_ms:1234,tcache:true";

int main(void)
{
    ssize_t start = 0, now = 0;
    size_t size = sizeof now;
    bool thread = false;
    size_t one = sizeof thread;
    mallctl("opt.dirty_decay_ms", &start, &size, NULL, 0);
    mallctl("arenas.dirty_decay_ms", &now, &size, NULL, 0);
    mallctl("opt.background_thread", &thread, &one, NULL, 0);
    printf("%zd %zd %d\n", start, now, thread);
    return 0;
}
