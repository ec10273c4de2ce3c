//! One lock lets one thread in at a time.

use std::alloc::Layout;
use std::num::NonZero;
use std::ptr::NonNull;
use std::sync::Barrier;
use std::thread;

use heap::{Heap, LockedHeap, SpinLock};
use kit::Locked;

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
