/* What the C++ library makes of bare futexes: threads wait in small blocks while these are meshed, and are woken. */
#include "../threads/asleep.h"
#include <atomic>
#include <barrier>
#include <future>
#include <latch>
#include <malloc.h>
#include <memory>
#include <semaphore>
#include <sys/syscall.h>
#include <thread>
#include <vector>

namespace {

constexpr int cells = 400, waiters = 20;

/* Makes many of a kind, most of which go, lets a thread wait at some of the others over a mesh, and wakes it. */
template <typename Kind> void kind(const char *name)
{
    std::vector<std::unique_ptr<Kind>> all;
    for (int i = 0; i < cells * 10; i++)
        all.push_back(std::make_unique<Kind>());
    for (int i = 0; i < cells * 10; i++)
        if (i % 10)
            all[i].reset();
    std::vector<std::thread> threads;
    std::vector<pid_t> numbers(waiters);
    std::atomic<int> woken = 0;
    for (int i = 0; i < waiters; i++)
        threads.emplace_back([&, i] {
            __atomic_store_n(&numbers[i], (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
            woken += all[i * (cells / waiters) * 10]->wait();
        });
    for (pid_t &number : numbers)
        until_asleep(&number);
    malloc_trim(0);
    for (int i = 0; i < waiters; i++)
        all[i * (cells / waiters) * 10]->wake();
    for (std::thread &thread : threads)
        thread.join();
    check(name, woken == waiters);
}

struct promised {
    std::promise<int> promise;
    int wait() { return promise.get_future().get(); }
    void wake() { promise.set_value(1); }
};

struct shared {
    std::promise<int> promise;
    std::shared_future<int> future = promise.get_future().share();
    int wait() { return future.get(); }
    void wake() { promise.set_value(1); }
};

struct failed {
    std::promise<void> promise;
    int wait()
    {
        try {
            promise.get_future().get();
        } catch (int thrown) {
            return thrown;
        }
        return 0;
    }
    void wake() { promise.set_exception(std::make_exception_ptr(1)); }
};

struct flag {
    std::atomic<int> value = 0;
    int wait()
    {
        value.wait(0);
        return value;
    }
    void wake()
    {
        value = 1;
        value.notify_all();
    }
};

struct counted {
    std::counting_semaphore<10> semaphore{0};
    int wait()
    {
        semaphore.acquire();
        return 1;
    }
    void wake() { semaphore.release(); }
};

struct latched {
    std::latch latch{1};
    int wait()
    {
        latch.wait();
        return 1;
    }
    void wake() { latch.count_down(); }
};

struct met {
    std::barrier<> barrier{2};
    int wait()
    {
        barrier.arrive_and_wait();
        return 1;
    }
    void wake() { barrier.arrive_and_wait(); }
};

struct task {
    std::packaged_task<int()> work{[] { return 1; }};
    int wait() { return work.get_future().get(); }
    void wake() { work(); }
};

} // namespace

int main()
{
    kind<promised>("std::promise, std::future");
    kind<shared>("std::shared_future");
    kind<failed>("exceptions in futures");
    kind<task>("std::packaged_task");
    kind<flag>("std::atomic::wait");
    kind<counted>("std::counting_semaphore");
    kind<latched>("std::latch");
    kind<met>("std::barrier");
}
