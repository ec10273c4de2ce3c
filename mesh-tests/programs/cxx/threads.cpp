// Threads that hand objects to each other, and thread_local objects whose destructors free.
#include "../check.h"
#include "topics.h"
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

std::atomic<int> constructed, destroyed;

struct Local {
    Local() { constructed++; }
    std::vector<std::unique_ptr<std::string>> owned;
    ~Local()
    {
        // A destructor that runs at thread exit may still allocate.
        owned.push_back(std::make_unique<std::string>(200, 'd'));
        owned.clear();
        destroyed++;
    }
};

thread_local Local first;
thread_local Local second;

void use_locals(int id)
{
    for (int i = 0; i < 50; i++) {
        first.owned.push_back(std::make_unique<std::string>(i * 7, 'f'));
        if (id % 2 == 0)
            second.owned.push_back(std::make_unique<std::string>(i * 11, 's'));
    }
}

bool thread_locals()
{
    constexpr int THREADS = 400;
    for (int round = 0; round < THREADS / 8; round++) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; i++)
            threads.emplace_back(use_locals, i);
        for (auto &thread : threads)
            thread.join();
    }
    return constructed >= THREADS && destroyed == constructed;
}

bool queue()
{
    std::mutex lock;
    std::condition_variable filled;
    std::deque<std::unique_ptr<std::string>> waiting;
    std::atomic<long> sent{0}, received{0};
    int producing = 3;
    auto produce = [&](unsigned seed) {
        for (int i = 0; i < 20000; i++) {
            auto text = std::make_unique<std::string>(next_random(&seed) % 500, 'q');
            sent += static_cast<long>(text->size());
            std::lock_guard guard(lock);
            waiting.push_back(std::move(text));
            filled.notify_one();
        }
        std::lock_guard guard(lock);
        producing--;
        filled.notify_all();
    };
    auto consume = [&] {
        std::unique_lock guard(lock);
        while (filled.wait(guard, [&] { return !waiting.empty() || producing == 0; }),
               !waiting.empty()) {
            auto text = std::move(waiting.front());
            waiting.pop_front();
            guard.unlock();
            received += static_cast<long>(text->size());
            text.reset();
            guard.lock();
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 3; i++) {
        threads.emplace_back(produce, i + 1);
        threads.emplace_back(consume);
    }
    for (auto &thread : threads)
        thread.join();
    return sent == received && waiting.empty();
}

bool exception_between_threads()
{
    int caught = 0;
    for (int i = 0; i < 200; i++) {
        auto result = std::async(std::launch::async, [i]() -> int {
            throw std::runtime_error("thrown in another thread " + std::to_string(i));
        });
        try {
            result.get();
        } catch (const std::runtime_error &error) {
            caught += std::string(error.what()) == "thrown in another thread " + std::to_string(i);
        }
    }
    return caught == 200;
}

} // namespace

void threads()
{
    check("thread_local destructors", thread_locals());
    check("producers and consumers", queue());
    check("exceptions between threads", exception_between_threads());
}
