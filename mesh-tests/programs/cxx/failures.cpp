// What new does when there is no memory: new-handlers, std::bad_alloc, nullptr.
#include "../check.h"
#include "topics.h"
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>

namespace {

int calls;

template <class Make> bool throws_bad_alloc(Make make)
{
    try {
        make();
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

// Called until it gives up: it removes itself at its third call.
void gives_up()
{
    if (++calls == 3)
        std::set_new_handler(nullptr);
}

void throws()
{
    throw std::runtime_error("from the handler");
}

struct Scope {
    bool *left;
    ~Scope() { *left = true; }
};

void without_handler(std::size_t huge)
{
    const std::align_val_t a{256};
    check("new of too much throws", throws_bad_alloc([&] { return ::operator new(huge); }));
    check("new[] of too much throws", throws_bad_alloc([&] { return ::operator new[](huge); }));
    check("aligned new of too much throws",
          throws_bad_alloc([&] { return ::operator new(huge, a); }));
    check("aligned new[] of too much throws",
          throws_bad_alloc([&] { return ::operator new[](huge, a); }));
    check("nothrow forms give nullptr",
          ::operator new(huge, std::nothrow) == nullptr
              && ::operator new[](huge, std::nothrow) == nullptr
              && ::operator new(huge, a, std::nothrow) == nullptr
              && ::operator new[](huge, a, std::nothrow) == nullptr);
    bool left = false;
    bool thrown = throws_bad_alloc([&] {
        Scope scope{&left};
        return ::operator new(huge);
    });
    check("the stack is unwound", thrown && left);
    check("a string that cannot be throws", throws_bad_alloc([&] {
              std::string text;
              text.reserve(text.max_size() / 2);
              return text.data();
          }));
    check("memory is there afterwards", [] {
        char *block = new char[1000];
        paint(block, 1000, 1);
        bool holds = painted(block, 1000, 1);
        delete[] block;
        return holds;
    }());
}

template <class Make> void with_handler(const char *name, bool nothrow, Make make)
{
    calls = 0;
    std::set_new_handler(gives_up);
    void *block = nullptr;
    bool thrown = throws_bad_alloc([&] { block = make(); });
    check(name, calls == 3 && thrown == !nothrow && block == nullptr);
}

void throwing_handler(std::size_t huge)
{
    std::set_new_handler(throws);
    std::string said;
    try {
        static_cast<void>(::operator new(huge));
    } catch (const std::runtime_error &error) {
        said = error.what();
    }
    check("an exception of the handler goes through new", said == "from the handler");
    check("nothrow new swallows it", [&] {
        try {
            return ::operator new(huge, std::nothrow) == nullptr;
        } catch (...) {
            return false;
        }
    }());
    std::set_new_handler(nullptr);
}

} // namespace

void failures()
{
    const std::size_t huge = opaque(SIZE_MAX / 2 - 100);
    const std::align_val_t a{64};
    without_handler(huge);
    with_handler("new calls the handler", false, [&] { return ::operator new(huge); });
    with_handler("new[] calls the handler", false, [&] { return ::operator new[](huge); });
    with_handler("aligned new calls it", false, [&] { return ::operator new(huge, a); });
    with_handler("nothrow new calls it", true, [&] { return ::operator new(huge, std::nothrow); });
    throwing_handler(huge);
}
