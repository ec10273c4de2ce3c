//! Counts are exact, for one owner and for several.

use std::alloc::Layout;
use std::thread;

use crate::region::source;
use heap::{Heap, LockedHeap, SpinLock};
use kit::{Counted, Counts, FreeList, Locked};

#[test]
fn each_call_counts_once() {
    let source = source(4096);
    let mut heap = Counted::new(&source);
    let [small, large] = [Layout::new::<[u8; 100]>(), Layout::new::<[u8; 1000]>()];
    let a = Heap::allocate(&mut heap, small).expect("room");
    let b = Heap::allocate(&mut heap, large).expect("room");
    assert_eq!(Heap::allocate(&mut heap, Layout::new::<[u8; 5000]>()), None);
    // SAFETY: live, and not used again.
    unsafe { Heap::deallocate(&mut heap, b, large) };
    let counts = heap.counts();
    let expected = Counts {
        allocations: 2,
        refusals: 1,
        deallocations: 1,
        live_bytes: 100,
        peak_bytes: 1100,
    };
    assert_eq!(counts, expected);
    assert_eq!(counts.live_blocks(), 1);
    // SAFETY: live, and not used again.
    unsafe { Heap::deallocate(&mut heap, a, small) };
    assert_eq!(
        heap.counts(),
        Counts {
            deallocations: 2,
            live_bytes: 0,
            ..expected
        }
    );
}

#[test]
fn threads_lose_no_count() {
    const EACH: usize = 500;
    let source = source(1 << 16);
    let heap = Counted::new(Locked::<SpinLock, _>::new(FreeList::new(&source)));
    let layout = Layout::new::<[u64; 8]>();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let block = LockedHeap::allocate(&heap, layout).expect("room");
                    // SAFETY: live, and not used again.
                    unsafe { LockedHeap::deallocate(&heap, block, layout) };
                }
            });
        }
    });
    let counts = heap.counts();
    assert_eq!(
        (counts.allocations, counts.deallocations),
        (3 * EACH, 3 * EACH)
    );
    assert_eq!(counts.live_bytes, 0);
    assert!((64..=3 * 64).contains(&counts.peak_bytes), "{counts:?}");
}
