// A program with an allocator of its own, which it exports: the operators of C++ use it.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

static char ground[1 << 20];
static std::size_t used;
static long own;

extern "C" void *malloc(std::size_t size)
{
    own++;
    used = (used + 15) & ~std::size_t(15);
    void *block = ground + used;
    used += size;
    return used > sizeof ground ? nullptr : block;
}
extern "C" void free(void *) { own++; }
extern "C" void *calloc(std::size_t count, std::size_t size) { return std::memset(malloc(count * size), 0, count * size); }
extern "C" void *realloc(void *old, std::size_t size)
{
    void *block = malloc(size);
    if (old && block)
        std::memcpy(block, old, size < 64 ? size : 64);
    return block;
}

static bool is_own(void *block)
{
    return block >= ground && block < ground + sizeof ground;
}

int main()
{
    long before = own;
    int *number = new int(7);
    char *text = new char[100];
    bool both = is_own(number) && is_own(text);
    delete number;
    delete[] text;
    std::printf("%s new and delete use the program's allocator\n", both && own >= before + 4 ? "ok" : "FAIL");
    return 0;
}
