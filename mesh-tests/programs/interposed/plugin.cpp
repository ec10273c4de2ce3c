// For a host in C: operators that fail, as the C++ library that comes along has it.
#include <cstdio>
#include <new>

extern "C" int probe()
{
    void *volatile none = new (std::nothrow) char[1ul << 62];
    std::printf("%s new(nothrow) returns null\n", none ? "FAIL" : "ok");
    bool thrown = false;
    try {
        none = new char[1ul << 62];
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    std::printf("%s new throws\n", thrown ? "ok" : "FAIL");
    std::fflush(stdout);
    return 0;
}
