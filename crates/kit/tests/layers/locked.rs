//! One lock lets one thread in at a time.

use std::alloc::Layout;
use std::num::NonZero;
use std::ptr::NonNull;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use heap::{Heap, LockedHeap, SpinLock};
use kit::{FreeList, Locked};
use shadowheap::{Ledger, shared_heap_suite};

/// A heap that must not be entered twice.
struct Alone<H> {
    is_entered: AtomicBool,
    below: H,
}

impl<H: Heap> Alone<H> {
    fn enter<T>(&mut self, call: impl FnOnce(&mut H) -> T) -> T {
        let others = self.is_entered.swap(true, Ordering::Relaxed);
        assert!(!others, "one call at a time");
        let result = call(&mut self.below);
        self.is_entered.store(false, Ordering::Relaxed);
        result
    }
}

// SAFETY: every call goes to the heap below as it is.
unsafe impl<H: Heap> Heap for Alone<H> {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        self.enter(|below| below.allocate(layout))
    }

    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the two contracts are the same.
        self.enter(|below| unsafe { below.deallocate(block, layout) });
    }
}

shared_heap_suite!(alone, || Locked::<SpinLock, _>::new(Alone {
    is_entered: AtomicBool::new(false),
    below: FreeList::new(Ledger::new()),
}));

/// A heap that hands out ascending numbers, with a read and a write that must not be torn apart.
struct Ticks(usize);

// SAFETY: none; the test never touches the blocks.
unsafe impl Heap for Ticks {
    fn allocate(&mut self, _: Layout) -> Option<NonNull<u8>> {
        let tick = self.0 + 1;
        thread::yield_now();
        self.0 = tick;
        NonZero::new(tick).map(NonNull::without_provenance)
    }

    unsafe fn deallocate(&mut self, _: NonNull<u8>, _: Layout) {}
}

#[test]
fn calls_do_not_mix() {
    const EACH: usize = 50;
    let heap = Locked::<SpinLock, _>::new(Ticks(0));
    let start = Barrier::new(3);
    let ticks = || {
        start.wait();
        let tick = |_| {
            heap.allocate(Layout::new::<u8>())
                .expect("a tick")
                .addr()
                .get()
        };
        (0..EACH).map(tick).collect::<Vec<_>>()
    };
    let mut seen: Vec<usize> = thread::scope(|scope| {
        let threads = [(); 3].map(|()| scope.spawn(ticks));
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    seen.sort_unstable();
    assert!(seen.into_iter().eq(1..=3 * EACH), "each number once");
}
