/* Calls whose description lies where it cannot be read, or not any more: each fails as the kernel has it, and the program goes on.
   The second time the place was good before. */
#define _GNU_SOURCE
#include "../check.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

static int ends[2];
static char bytes[64];

/* A page with everything in it that the calls describe themselves by. */
struct page {
    struct iovec part;
    struct msghdr message;
    struct mmsghdr several[2];
    struct timespec time;
    fd_set set;
};

static void fill(struct page *page)
{
    struct iovec part = {bytes, sizeof bytes};
    page->part = part;
    memset(&page->message, 0, sizeof page->message);
    memset(&page->several, 0, sizeof page->several);
    page->message.msg_iov = &page->part;
    page->message.msg_iovlen = 1;
    page->several[0].msg_hdr = page->message;
    page->several[1].msg_hdr = page->message;
    page->time = (struct timespec){0, 1000};
    FD_ZERO(&page->set);
}

static long results[8];

static void call_all(struct page *page, int flags)
{
    int call = 0;
    for (int i = 0; i < 3; i++)
        need("a datagram", send(ends[1], "0123", 4, 0) == 4);
#define CALL(expression) (errno = 0, results[call] = (expression), results[call] = results[call] < 0 ? -errno : results[call], call++)
    CALL(readv(ends[0], &page->part, 1));
    CALL(recvmsg(ends[0], &page->message, flags));
    CALL(recvmmsg(ends[0], page->several, 2, flags | MSG_WAITFORONE, NULL));
    CALL(preadv(ends[0], &page->part, 1, 0));
    CALL(nanosleep(&page->time, NULL));
    /* The C library itself reads the time, but not the sets. */
    struct timeval time = {0, 0};
    CALL(page ? select(1, &page->set, NULL, NULL, &time) : 0);
    while (recv(ends[0], bytes, sizeof bytes, MSG_DONTWAIT) >= 0)
        ;
}

static void report(const char *what)
{
    printf("%s:", what);
    for (int i = 0; i < 6; i++)
        printf(" %ld", results[i]);
    printf("\n");
}

static void *fresh(int file)
{
    int kind = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, kind, file, 0);
    need("a page", page != MAP_FAILED);
    fill(page);
    return page;
}

static void reported(const char *what, void *page)
{
    call_all(page, MSG_DONTWAIT);
    report(what);
}

int main(void)
{
    need("sockets", socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
    reported("nowhere", NULL);
    reported("eight", (void *)8);
    reported("no address at all", (void *)(uintptr_t)0xdead000000000000u);
    reported("the last page", (void *)(uintptr_t)-PAGE);
    FILE *file = tmpfile();
    need("a file", file != NULL);
    for (int known = 0; known < 2; known++) {
        static const char *names[][4] = {{"unmapped", "closed", "cut off", "closed block"},
            {"unmapped later", "closed later", "cut off later", "closed block later"}};
        void *page = fresh(-1);
        if (known)
            reported("there", page);
        munmap(page, PAGE);
        reported(names[known][0], page);
        page = fresh(-1);
        if (known)
            reported("there", page);
        mprotect(page, PAGE, PROT_NONE);
        reported(names[known][1], page);
        /* Beyond the end of a file a load is SIGBUS, and nothing of the library may find out that way. */
        if (!known) {
            need("a page of a file", ftruncate(fileno(file), PAGE) == 0);
            page = fresh(fileno(file));
            need("no page of a file", ftruncate(fileno(file), 0) == 0);
            reported(names[known][2], page);
        }
        page = aligned_alloc(PAGE, PAGE);
        need("a block", page != NULL);
        fill(page);
        if (known)
            reported("there", page);
        mprotect(page, PAGE, PROT_NONE);
        reported(names[known][3], page);
        mprotect(page, PAGE, PROT_READ | PROT_WRITE);
        free(page);
    }
    check("all calls were made", 1);
    return 0;
}
