// oneTBB: parallel loops, sorts, maps, pipelines and graphs, and its own allocator beside ours.
#include <atomic>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <tbb/tbb.h>
#include <tbb/scalable_allocator.h>
#include <vector>
#include <malloc.h>
#include <dlfcn.h>

static unsigned long hash(unsigned long n) { return (n * 6364136223846793005ul + 1442695040888963407ul) >> 20; }

int main()
{
    tbb::global_control threads(tbb::global_control::max_allowed_parallelism, 4);
    /* Objects of all threads, of which every eighth stays. */
    std::vector<std::unique_ptr<std::string>> all(400000);
    tbb::parallel_for(0, 400000, [&](int n) { all[n] = std::make_unique<std::string>(20 + hash(n) % 300, 'a' + n % 26); });
    tbb::concurrent_vector<std::unique_ptr<std::string>> kept;
    tbb::parallel_for(0, 400000, [&](int n) {
        if (hash(n + 1) % 8)
            all[n].reset();
        else
            kept.push_back(std::move(all[n]));
    });
    malloc_trim(0);
    unsigned long sum = tbb::parallel_reduce(
        tbb::blocked_range<size_t>(0, kept.size()), 0ul,
        [&](const auto &range, unsigned long sum) {
            for (size_t i = range.begin(); i < range.end(); i++) {
                for (char c : *kept[i])
                    sum += c;
                kept[i]->back() = kept[i]->front();
            }
            return sum;
        },
        std::plus<>());
    std::printf("kept %zu %lu\n", kept.size(), sum);

    std::vector<unsigned long> numbers(1000000);
    std::iota(numbers.begin(), numbers.end(), 0);
    for (auto &n : numbers)
        n = hash(n);
    tbb::parallel_sort(numbers.begin(), numbers.end());
    std::printf("sorted %d %lu\n", std::is_sorted(numbers.begin(), numbers.end()), numbers[1000]);

    tbb::concurrent_hash_map<std::string, int> map;
    tbb::parallel_for(0, 100000, [&](int n) {
        tbb::concurrent_hash_map<std::string, int>::accessor a;
        map.insert(a, "key " + std::to_string(n % 5000));
        a->second += n;
    });
    tbb::parallel_for(0, 5000, [&](int n) {
        if (n % 5)
            map.erase("key " + std::to_string(n));
    });
    unsigned long values = 0;
    for (auto &entry : map)
        values += entry.second;
    std::printf("map %zu %lu\n", map.size(), values);

    std::vector<void *, tbb::scalable_allocator<void *>> blocks;
    for (int n = 0; n < 20000; n++)
        blocks.push_back(n % 2 ? scalable_malloc(n % 500) : std::malloc(n % 500));
    for (int n = 0; n < 20000; n++)
        n % 2 ? scalable_free(blocks[n]) : std::free(blocks[n]);
    std::printf("blocks %zu\n", blocks.size());

    int next = 0;
    unsigned long piped = 0;
    tbb::parallel_pipeline(16,
        tbb::make_filter<void, std::string *>(tbb::filter_mode::serial_in_order, [&](tbb::flow_control &flow) -> std::string * {
            if (next == 20000) {
                flow.stop();
                return nullptr;
            }
            return new std::string(std::to_string(next++));
        }) & tbb::make_filter<std::string *, std::string *>(tbb::filter_mode::parallel, [](std::string *text) {
            for (int n = 0; n < 5; n++)
                *text += *text;
            return text;
        }) & tbb::make_filter<std::string *, void>(tbb::filter_mode::serial_in_order, [&](std::string *text) {
            piped = piped * 31 + text->size();
            delete text;
        }));
    std::printf("piped %lu\n", piped);

    tbb::flow::graph graph;
    std::atomic<unsigned long> total = 0;
    tbb::flow::function_node<std::string> last(graph, tbb::flow::unlimited, [&](const std::string &text) { total += text.size(); });
    tbb::flow::function_node<int, std::string> first(graph, tbb::flow::unlimited, [](int n) { return std::string(n % 700, 'x'); });
    tbb::flow::make_edge(first, last);
    for (int n = 0; n < 20000; n++)
        first.try_put(n);
    graph.wait_for_all();
    std::printf("graph %lu\n", total.load());

    tbb::task_arena arena(4);
    tbb::enumerable_thread_specific<std::vector<std::string>> own;
    arena.execute([&] { tbb::parallel_for(0, 50000, [&](int n) { own.local().push_back(std::to_string(n)); }); });
    size_t count = 0;
    for (auto &some : own)
        count += some.size();
    std::printf("arena %zu\n", count);
}
