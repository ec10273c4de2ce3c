// A program that holds much in small objects, which one function has allocated, and in one large block. As much as it holds was
// allocated elsewhere, and given back. With an argument it waits in the end.
#include <cstdio>
#include <memory>
#include <poll.h>
#include <unistd.h>
#include <vector>

struct item {
    char bytes[64];
};

using items = std::vector<std::unique_ptr<item>>;

__attribute__((noinline)) static void holds_objects(items &all, size_t count)
{
    for (size_t number = 0; number < count; number++)
        all.push_back(std::unique_ptr<item>(new item));
}

__attribute__((noinline)) static void gives_back(size_t count)
{
    for (size_t number = 0; number < count; number++) {
        item *one = new item;
        // A compiler may leave out what nobody sees.
        asm volatile("" : : "r"(one) : "memory");
        delete one;
    }
}

int main(int count, char **)
{
    const size_t objects = 1 << 20;
    // Never given back, not even at exit.
    auto &all = *new items;
    all.reserve(objects);
    holds_objects(all, objects);
    gives_back(2 * objects);
    printf("ready %d\n", (int)getpid());
    fflush(stdout);
    while (count > 1)
        poll(nullptr, 0, 1000);
    return 0;
}
