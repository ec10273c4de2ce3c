/* What a static program cannot have. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>

#include "../check.h"

int main(void)
{
    pthread_attr_t attributes;
    sigset_t set;
    sigemptyset(&set);
    pthread_attr_init(&attributes);
    check("it fails", pthread_attr_setsigmask_np(&attributes, &set) != 0);
    check("and again", pthread_attr_setsigmask_np(&attributes, &set) != 0);
    return 0;
}
