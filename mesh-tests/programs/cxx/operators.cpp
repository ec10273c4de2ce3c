// Every form of new and delete, called by name.
#include "../check.h"
#include "topics.h"
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace {

bool aligned(const void *block, std::size_t alignment)
{
    return block != nullptr && reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
}

template <class New, class Delete> bool pair(std::size_t alignment, New make, Delete unmake)
{
    bool holds = true;
    for (std::size_t size : {0, 1, 8, 17, 100, 1000, 5000, 40000, 300000}) {
        std::vector<void *> blocks;
        for (unsigned i = 0; i < 8; i++) {
            void *block = make(size);
            holds = holds && aligned(block, alignment);
            paint(block, size, i);
            blocks.push_back(block);
        }
        for (unsigned i = 0; i < 8; i++) {
            holds = holds && painted(blocks[i], size, i);
            unmake(blocks[i], size);
        }
    }
    return holds;
}

void plain()
{
    check("new, delete", pair(16, [](auto n) { return ::operator new(n); },
                              [](void *p, auto) { ::operator delete(p); }));
    check("new, sized delete", pair(16, [](auto n) { return ::operator new(n); },
                                    [](void *p, auto n) { ::operator delete(p, n); }));
    check("new[], delete[]", pair(16, [](auto n) { return ::operator new[](n); },
                                  [](void *p, auto) { ::operator delete[](p); }));
    check("new[], sized delete[]", pair(16, [](auto n) { return ::operator new[](n); },
                                        [](void *p, auto n) { ::operator delete[](p, n); }));
    check("nothrow new, delete",
          pair(16, [](auto n) { return ::operator new(n, std::nothrow); },
               [](void *p, auto) { ::operator delete(p, std::nothrow); }));
    check("nothrow new[], delete[]",
          pair(16, [](auto n) { return ::operator new[](n, std::nothrow); },
               [](void *p, auto) { ::operator delete[](p, std::nothrow); }));
}

void with_alignment(std::size_t bytes)
{
    const std::align_val_t a{bytes};
    bool holds = true;
    holds &= pair(bytes, [a](auto n) { return ::operator new(n, a); },
                  [a](void *p, auto) { ::operator delete(p, a); });
    holds &= pair(bytes, [a](auto n) { return ::operator new[](n, a); },
                  [a](void *p, auto) { ::operator delete[](p, a); });
    holds &= pair(bytes, [a](auto n) { return ::operator new(n, a); },
                  [a](void *p, auto n) { ::operator delete(p, n, a); });
    holds &= pair(bytes, [a](auto n) { return ::operator new[](n, a); },
                  [a](void *p, auto n) { ::operator delete[](p, n, a); });
    holds &= pair(bytes, [a](auto n) { return ::operator new(n, a, std::nothrow); },
                  [a](void *p, auto) { ::operator delete(p, a, std::nothrow); });
    holds &= pair(bytes, [a](auto n) { return ::operator new[](n, a, std::nothrow); },
                  [a](void *p, auto) { ::operator delete[](p, a, std::nothrow); });
    char name[64];
    std::snprintf(name, sizeof name, "all forms aligned to %zu", bytes);
    check(name, holds);
}

struct alignas(256) Wide {
    unsigned char bytes[300];
};

void expressions()
{
    auto one = std::make_unique<Wide>();
    auto many = std::make_unique<Wide[]>(7);
    check("over-aligned types", aligned(one.get(), 256) && aligned(&many[6], 256));
    std::vector<Wide> row(33);
    check("over-aligned types in a vector", aligned(row.data(), 256) && aligned(&row[32], 256));
    ::operator delete(nullptr);
    ::operator delete[](nullptr);
    ::operator delete(nullptr, std::size_t{8});
    ::operator delete(nullptr, std::align_val_t{64});
    check("delete of nullptr does nothing", true);
    void *block = ::operator new(100);
    void *array = ::operator new[](100);
    std::free(block);
    std::free(array);
    block = std::malloc(100);
    ::operator delete(block);
    check("new and malloc share a heap", true);
}

} // namespace

void operators()
{
    plain();
    for (std::size_t alignment = 8; alignment <= 65536; alignment *= 2)
        with_alignment(alignment);
    expressions();
}
