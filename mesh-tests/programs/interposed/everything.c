/* A program that exports what an allocator might call of the C library. What the library under test does while the program is in
   one of its functions must not come here: each of these would allocate, or take a lock that its caller has. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

static __thread int inside;
static const char *volatile came;

/* A system call without the C library's function. */
static long call(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

static void note(const char *name)
{
    if (inside)
        came = name;
}

pid_t getpid(void) { note("getpid"); return (pid_t)call(SYS_getpid, 0, 0, 0); }
pid_t gettid(void) { note("gettid"); return (pid_t)call(SYS_gettid, 0, 0, 0); }
int sched_yield(void) { note("sched_yield"); return (int)call(SYS_sched_yield, 0, 0, 0); }
int clock_gettime(clockid_t clock, struct timespec *time) { note("clock_gettime"); return (int)call(SYS_clock_gettime, clock, (long)time, 0); }
unsigned long getauxval(unsigned long kind) { note("getauxval"); (void)kind; return 0; }
int raise(int signal) { note("raise"); return (int)call(SYS_tkill, call(SYS_gettid, 0, 0, 0), signal, 0); }
void *memcpy(void *restrict to, const void *restrict from, size_t len) { note("memcpy"); for (size_t i = 0; i < len; i++) ((volatile char *)to)[i] = ((const char *)from)[i]; return to; }
void *memmove(void *to, const void *from, size_t len) { note("memmove"); char *t = to; const char *f = from; if (t <= f) for (size_t i = 0; i < len; i++) ((volatile char *)t)[i] = f[i]; else while (len--) ((volatile char *)t)[len] = f[len]; return to; }
void *memset(void *to, int byte, size_t len) { note("memset"); for (size_t i = 0; i < len; i++) ((volatile char *)to)[i] = (char)byte; return to; }
int memcmp(const void *a, const void *b, size_t len) { note("memcmp"); const volatile unsigned char *x = a, *y = b; for (size_t i = 0; i < len; i++) if (x[i] != y[i]) return x[i] - y[i]; return 0; }
int bcmp(const void *a, const void *b, size_t len) { note("bcmp"); return memcmp(a, b, len); }
size_t strlen(const char *text) { note("strlen"); size_t len = 0; while (((const volatile char *)text)[len]) len++; return len; }
int sigemptyset(sigset_t *set) { note("sigemptyset"); for (size_t i = 0; i < sizeof *set; i++) ((volatile char *)set)[i] = 0; return 0; }
int sigfillset(sigset_t *set) { note("sigfillset"); for (size_t i = 0; i < sizeof *set; i++) ((volatile char *)set)[i] = -1; return 0; }
int pthread_key_create(pthread_key_t *key, void (*end)(void *)) { note("pthread_key_create"); int (*next)(pthread_key_t *, void (*)(void *)) = (int (*)(pthread_key_t *, void (*)(void *)))dlsym(RTLD_NEXT, "pthread_key_create"); return next(key, end); }
int pthread_setspecific(pthread_key_t key, const void *value) { note("pthread_setspecific"); int (*next)(pthread_key_t, const void *) = (int (*)(pthread_key_t, const void *))dlsym(RTLD_NEXT, "pthread_setspecific"); return next(key, value); }
int dl_iterate_phdr(int (*visit)(struct dl_phdr_info *, size_t, void *), void *data) { note("dl_iterate_phdr"); (void)visit, (void)data; return 0; }
ssize_t write(int file, const void *bytes, size_t len) { note("write"); return call(SYS_write, file, (long)bytes, (long)len); }
long sysconf(int name) { note("sysconf"); (void)name; return 4096; }

enum { BLOCKS = 20000 };
static void *blocks[BLOCKS];

static void all_of_it(void)
{
    unsigned seed = 5;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            size_t size = 16 + next_random(&seed) % 700;
            inside = 1;
            if (!blocks[i])
                blocks[i] = next_random(&seed) % 2 ? malloc(size) : calloc(1, size);
            else
                blocks[i] = realloc(blocks[i], size);
            inside = 0;
        }
        for (int i = 0; i < BLOCKS; i++)
            if (next_random(&seed) % 6) {
                inside = 1;
                free(blocks[i]);
                inside = 0;
                blocks[i] = NULL;
            }
        inside = 1;
        malloc_trim(0);
        free(realloc(malloc(300000), 3000000));
        inside = 0;
    }
}

static void *thread(void *unused)
{
    all_of_it();
    return unused;
}

int main(void)
{
    all_of_it();
    pthread_t other;
    /* A thread's first request, and its end. */
    need("a thread", pthread_create(&other, NULL, thread, NULL) == 0);
    pthread_join(other, NULL);
    if (came)
        puts(came);
    check("nothing of the program's is called from inside", came == NULL);
    return 0;
}
