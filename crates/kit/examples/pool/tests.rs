//! A request is refused only when all blocks of its size are in use.

use core::alloc::Layout;

use heap::{ClassMap, Heap, LockedHeap};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use shadowheap::{Ledger, shadow_heap_suite};

use super::*;
use crate::frames::Frames;

/// Memory of a ledger.
struct Lent {
    start: NonNull<u8>,
    ledger: Ledger,
}

const MEMORY: Layout = Layout::new::<Memory>();

impl Lent {
    fn new() -> Self {
        let mut ledger = Ledger::new();
        let start = Heap::allocate(&mut ledger, MEMORY).expect("6 KiB");
        Self { start, ledger }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // SAFETY: the ledger's block, with its layout.
        unsafe { Heap::deallocate(&mut self.ledger, self.start, MEMORY) };
    }
}

/// A pool and its memory, which goes when the pool is gone.
struct PoolAndMemory {
    pool: Pool,
    _memory: Lent,
}

fn lent() -> PoolAndMemory {
    let memory = Lent::new();
    // SAFETY: a block as large.
    let regions = unsafe { regions(memory.start.cast().as_ptr()) };
    // SAFETY: the block is out until the pool is gone, and only the pool uses it.
    let pool = unsafe { pool(regions) };
    PoolAndMemory {
        pool,
        _memory: memory,
    }
}

// SAFETY: every call goes to the pool as it is.
unsafe impl Heap for PoolAndMemory {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        self.pool.allocate(layout)
    }

    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the two contracts are the same.
        unsafe { self.pool.deallocate(block, layout) }
    }
}

/// A large frame takes up to 512 bytes; beyond that the pool refuses, which random sequences put up with.
#[test]
fn sequences_keep_blocks_apart_and_content_whole() {
    shadowheap::owned::check_sequences(lent, |_| {});
}

shadow_heap_suite!(on_lists_without_end, || {
    use kit::{FreeList, PerClass, Segregated};
    let ledger = Ledger::new();
    let lists = [(); 3].map(|()| FreeList::new(ledger.clone()));
    Segregated::<Frames, _, _>::new(PerClass::<Frames, _, 3>::new(lists), ledger)
});

proptest! {
    /// There is no fragmentation: what came before has no say in whether a request is served.
    #[test]
    fn as_many_blocks_as_there_are(calls in vec((1..=600_usize, any::<Option<Index>>()), 0..300)) {
        let mut heap = lent();
        let mut live = Vec::new();
        let mut free = BLOCKS;
        for (size, returned) in calls {
            if let Some(nth) = returned && !live.is_empty() {
                let (block, layout): (_, Layout) = live.swap_remove(nth.index(live.len()));
                // SAFETY: live, and not used again.
                unsafe { heap.deallocate(block, layout) };
                free[Frames::class_of(layout.size()).expect("it was served").index()] += 1;
                continue;
            }
            let layout = Layout::from_size_align(size, 8).expect("plain");
            let free = Frames::class_of(size).map(|class| &mut free[class.index()]);
            let is_served = free.as_ref().is_some_and(|free| **free > 0);
            let block = heap.allocate(layout);
            prop_assert_eq!(block.is_some(), is_served);
            if let (Some(block), Some(free)) = (block, free) {
                *free -= 1;
                live.push((block, layout));
            }
        }
    }

    #[test]
    fn frames_keep_the_promises_of_a_class_map(size in 0..=512_usize) {
        let class = Frames::class_of(size).expect("not above the largest");
        prop_assert!(class.index() < Frames::COUNT);
        prop_assert!(Frames::object_size(class) >= size);
        prop_assert!(class.0 == 0 || Frames::class_of(size - 1) <= Some(class));
        prop_assert_eq!(Frames::class_of(Frames::object_size(class)), Some(class));
        prop_assert_eq!(Frames::class_of(Frames::LARGEST + 1 + size), None);
    }
}

#[test]
fn the_static_one_serves_and_takes_back() {
    let layout = Layout::new::<[u8; 100]>();
    let block = HEAP.0.allocate(layout).expect("room");
    // SAFETY: live, and not used again.
    unsafe { HEAP.0.deallocate(block, layout) };
    assert_eq!(HEAP.0.allocate(layout), Some(block));
    assert_eq!(
        size_of_val(&HEAP),
        128,
        "all that there is beside the blocks"
    );
    assert_eq!(measurement(258, -3)[..5], [1, 2, 0xff, 0xfd, 0]);
}
