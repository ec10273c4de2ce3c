//! A zone gives all back at once.

use std::alloc::Layout;

use heap::{Heap, SpinLock};
use kit::{FreeList, Locked, Zone};
use proptest::collection::vec;
use proptest::prelude::*;
use shadowheap::{Ledger, shadow_heap_suite};

use crate::layouts::{SCANT, layout, up_to};
use crate::region::{Source, source};

shadow_heap_suite!(ample, || Zone::<_, 4096>::new(Ledger::new()));
shadow_heap_suite!(scant, || Zone::<_, 4096>::new(Ledger::with_budget(SCANT)));

/// Bytes in front of what a zone has from the heap below.
const HEADER: usize = 32;

proptest! {
    /// Some blocks are given back, others are not, some are larger than a chunk: nothing is out when the zone is gone.
    #[test]
    fn nothing_is_out_when_a_zone_is_gone(asked in vec((up_to(3000), any::<bool>()), 0..60)) {
        let ledger = Ledger::new();
        let mut zone = Zone::<_, 1024>::new(ledger.clone());
        let mut returned: Vec<(_, Layout)> = Vec::new();
        for (layout, is_returned) in asked {
            let block = zone.allocate(layout).expect("memory");
            // SAFETY: the block has this size.
            unsafe { block.write_bytes(0xff, layout.size()) };
            if is_returned {
                returned.push((block, layout));
            }
            if returned.len() > 3 {
                let (block, layout) = returned.swap_remove(0);
                // SAFETY: live, and not used again.
                unsafe { zone.deallocate(block, layout) };
            }
        }
        drop(zone);
        prop_assert_eq!(ledger.blocks_out(), 0);
    }

    /// The heap below is asked only when the chunk has no room.
    #[test]
    fn a_chunk_is_filled_before_the_next(sizes in vec(1..=1024 - HEADER, 0..60)) {
        let source = source(1 << 16);
        let mut zone = Zone::<_, 1024>::new(&source);
        let (mut chunks, mut left) = (0, 0);
        for size in sizes {
            if size > left {
                (chunks, left) = (chunks + 1, 1024 - HEADER);
            }
            left -= size;
            zone.allocate(layout(size, 1)).expect("room");
            prop_assert_eq!(source.counts().allocations, chunks);
        }
    }
}

#[test]
fn a_zone_asks_for_chunks_and_returns_them() {
    let source = source(1 << 16);
    let mut zone = Zone::<_, 1024>::new(&source);
    for _ in 0..100 {
        zone.allocate(layout(100, 4)).expect("room");
    }
    // Nine blocks of 100 bytes fit into a chunk beside its header.
    assert_eq!(source.counts().allocations, 12);
    drop(zone);
    assert_eq!(source.counts().live_blocks(), 0);
}

#[test]
fn a_block_larger_than_a_chunk_goes_back_at_once() {
    let source = source(1 << 16);
    let mut zone = Zone::<_, 1024>::new(&source);
    let large = layout(2000, 1);
    let block = zone.allocate(large).expect("room");
    assert_eq!(source.counts().live_bytes, 2000 + HEADER);
    // SAFETY: live, and not used again.
    unsafe { zone.deallocate(block, large) };
    assert_eq!(source.counts().live_bytes, 0);
    // A block that fits a chunk by its size, but perhaps not once it is aligned.
    zone.allocate(layout(600, 512)).expect("room");
    assert_eq!(
        source.counts().live_bytes,
        600 + 512,
        "a header, and padding"
    );
}

#[test]
fn a_zone_refuses_when_there_is_no_chunk_and_goes_on_with_what_it_has() {
    let source = source(1024);
    let mut zone = Zone::<_, 1024>::new(&source);
    zone.allocate(layout(500, 1)).expect("the only chunk");
    assert_eq!(zone.allocate(layout(600, 1)), None);
    assert!(
        zone.allocate(layout(400, 1)).is_some(),
        "the chunk still has room"
    );
}

#[test]
fn a_list_of_chunks_serves_the_next_zone() {
    let source = source(1 << 16);
    let kept = Zone::<&Source, 1024>::CHUNK_LAYOUT;
    assert_eq!(kept.size(), 1024);
    let chunks = Locked::<SpinLock, _>::new(FreeList::keeping(kept, &source));
    for _ in 0..5 {
        let mut zone = Zone::<_, 1024>::new(&chunks);
        zone.allocate(layout(5000, 8)).expect("room");
        zone.allocate(layout(100, 8)).expect("room");
    }
    drop(chunks);
    let counts = source.counts();
    assert_eq!((counts.allocations, counts.live_blocks()), (6, 0));
}
