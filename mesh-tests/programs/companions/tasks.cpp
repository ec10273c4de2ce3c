// std::future and std::async under load: thousands of tasks whose states lie in blocks that are meshed meanwhile.
#include <atomic>
#include <cstdio>
#include <deque>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

static int work(int n)
{
    std::vector<std::unique_ptr<char[]>> some;
    for (int i = 0; i < 200; i++)
        some.push_back(std::make_unique<char[]>(16 + (n + i) % 600));
    return n % 1000 + (int)some.size();
}

static unsigned long tasks(int seed, int rounds)
{
    std::deque<std::shared_future<int>> waiting;
    std::vector<std::promise<int>> sparse;
    unsigned long sum = 0;
    for (int n = 0; n < rounds; n++) {
        std::vector<std::promise<int>> some(64);
        sparse.push_back(std::move(some[n % 64]));
        waiting.push_back(std::async(std::launch::async, work, n * seed).share());
        if (waiting.size() > 8) {
            sum += waiting.front().get();
            waiting.pop_front();
        }
    }
    for (auto &one : waiting)
        sum += one.get();
    std::vector<std::thread> threads;
    std::atomic<unsigned long> promised = 0;
    for (size_t i = 0; i < sparse.size(); i += sparse.size() / 8)
        threads.emplace_back([&, i] { promised += sparse[i].get_future().get(); });
    for (size_t i = 0; i < sparse.size(); i++)
        sparse[i].set_value(i);
    for (auto &thread : threads)
        thread.join();
    return sum + promised;
}

int main()
{
    std::vector<std::future<unsigned long>> all;
    for (int n = 1; n <= 4; n++)
        all.push_back(std::async(std::launch::async, tasks, n, 2000));
    for (auto &one : all)
        std::printf("%lu\n", one.get());
}
