//! Counts are exact, for one owner and for several.

use std::alloc::Layout;
use std::thread;

use heap::{Heap, LockedHeap, SpinLock};
use kit::{Counted, Counts, FreeList, Locked};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use shadowheap::{Ledger, shadow_heap_suite, shared_heap_suite};

use crate::layouts::up_to;
use crate::region::source;

fn assert_none_live(counts: Counts) {
    assert_eq!((counts.live_blocks(), counts.live_bytes), (0, 0));
}

shadow_heap_suite!(
    counted,
    || Counted::new(Ledger::new()),
    at_end = |heap| assert_none_live(heap.counts())
);
shared_heap_suite!(
    counted_locked,
    || Counted::new(Locked::<SpinLock, _>::new(FreeList::new(Ledger::new()))),
    at_end = |heap| assert_none_live(heap.counts())
);

proptest! {
    /// Beside a list of what is live, under a heap that runs out.
    #[test]
    fn counts_are_those_of_a_list(calls in vec((up_to(300), any::<Option<Index>>()), 0..100)) {
        let source = source(4096);
        let mut heap = Counted::new(&source);
        let mut live: Vec<(_, Layout)> = Vec::new();
        let mut expected = Counts::default();
        for (layout, returned) in calls {
            if let Some(nth) = returned {
                if live.is_empty() {
                    continue;
                }
                let (block, layout) = live.swap_remove(nth.index(live.len()));
                // SAFETY: live, and not used again.
                unsafe { Heap::deallocate(&mut heap, block, layout) };
                expected.deallocations += 1;
            } else if let Some(block) = Heap::allocate(&mut heap, layout) {
                live.push((block, layout));
                expected.allocations += 1;
            } else {
                expected.refusals += 1;
            }
            expected.live_bytes = live.iter().map(|(_, layout)| layout.size()).sum();
            expected.peak_bytes = expected.peak_bytes.max(expected.live_bytes);
            prop_assert_eq!(heap.counts(), expected);
            prop_assert_eq!(heap.counts().live_blocks(), live.len());
        }
    }
}

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
