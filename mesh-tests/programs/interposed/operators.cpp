// Replaces some of the operators: what stands on them, as the standard says, must come to them too.
#include <cstdio>
#include <cstdlib>
#include <new>

static long news, deletes;
static constexpr std::size_t HEADER = 16;

void *operator new(std::size_t size)
{
    news++;
    char *block = static_cast<char *>(std::malloc(size + HEADER));
    if (!block)
        throw std::bad_alloc();
    return block + HEADER;
}

void operator delete(void *object) noexcept
{
    if (!object)
        return;
    deletes++;
    std::free(static_cast<char *>(object) - HEADER);
}

static void check(const char *name, bool holds)
{
    std::printf("%s %s\n", holds ? "ok" : "FAIL", name);
}

struct Node {
    long words[6];
    ~Node() { words[0] = 0; }
};

template <typename Make, typename Drop> static void pair(const char *name, Make make, Drop drop)
{
    long before = news, after = deletes;
    for (int i = 0; i < 100; i++)
        drop(make());
    check(name, news == before + 100 && deletes == after + 100);
}

int main()
{
    pair("new and sized delete", [] { return new Node; }, [](Node *node) { delete node; });
    pair("new[] and delete[]", [] { return new Node[3]; }, [](Node *node) { delete[] node; });
    pair("new(nothrow)", [] { return new (std::nothrow) Node; }, [](Node *node) { delete node; });
    pair("new[](nothrow)", [] { return new (std::nothrow) char[10]; }, [](char *text) { delete[] text; });
    pair("delete(nothrow)", [] { return ::operator new(10); }, [](void *p) { ::operator delete(p, std::nothrow); });
    pair("delete[](nothrow)", [] { return ::operator new[](10); }, [](void *p) { ::operator delete[](p, std::nothrow); });
    pair("delete[](size)", [] { return ::operator new[](10); }, [](void *p) { ::operator delete[](p, std::size_t(10)); });
    // Those with an alignment stand on operators that are not replaced.
    long before = news;
    void *aligned = ::operator new(100, std::align_val_t(64));
    check("aligned new is another one", reinterpret_cast<std::size_t>(aligned) % 64 == 0 && news == before);
    ::operator delete(aligned, std::align_val_t(64));
    void *volatile none = ::operator new(std::size_t(1) << 62, std::nothrow);
    check("nothrow swallows what the program's throws", none == nullptr);
    return 0;
}
