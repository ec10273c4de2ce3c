//! A bump heap uses its region to the last byte, and a zone gives its chunks back.

use std::alloc::Layout;
use std::ptr::NonNull;

use crate::region::source;
use heap::Heap;
use kit::{Bump, Zone};

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("plain")
}

#[test]
fn blocks_follow_each_other_to_the_end_of_the_region() {
    let mut memory = [0_u64; 8];
    let region = NonNull::slice_from_raw_parts(NonNull::from(&mut memory).cast::<u8>(), 64);
    // SAFETY: the array outlives the heap and is not used otherwise.
    let mut bump = unsafe { Bump::over(region) };
    let start = region.cast::<u8>().addr().get();

    let mut offset = |size, align| {
        let block = bump.allocate(layout(size, align))?;
        Some(block.addr().get() - start)
    };
    assert_eq!(offset(1, 1), Some(0));
    assert_eq!(offset(2, 2), Some(2), "padding for alignment");
    assert_eq!(offset(8, 8), Some(8));
    assert_eq!(offset(49, 1), None, "one byte too many");
    assert_eq!(offset(48, 1), Some(16), "a refusal takes nothing");
    assert_eq!(offset(1, 1), None);
    assert_eq!(offset(isize::MAX as usize, 1), None);
    assert_eq!(bump.left(), 0);
}

#[test]
fn the_newest_block_is_used_again_and_no_other() {
    let mut memory = [0_u64; 8];
    let region = NonNull::slice_from_raw_parts(NonNull::from(&mut memory).cast::<u8>(), 64);
    // SAFETY: the array outlives the heap and is not used otherwise.
    let mut bump = unsafe { Bump::over(region) };
    let eight = layout(8, 8);
    let first = bump.allocate(eight).expect("room");
    let second = bump.allocate(eight).expect("room");
    // SAFETY: live, and not used again before it is handed out again.
    unsafe { bump.deallocate(second, eight) };
    assert_eq!(bump.allocate(eight), Some(second));
    // SAFETY: live, and not used again.
    unsafe { bump.deallocate(first, eight) };
    assert_eq!(bump.left(), 48, "the first block lies below the second");
}

#[test]
fn an_empty_bump_refuses() {
    let mut bump = Bump::EMPTY;
    assert_eq!(bump.allocate(layout(1, 1)), None);
}

#[test]
fn a_zone_asks_for_chunks_and_returns_them() {
    let source = source(1 << 16);
    let mut zone = Zone::<_, 1024>::new(&source);
    for _ in 0..100 {
        zone.allocate(layout(100, 4)).expect("room");
    }
    // Ten blocks of 100 bytes fit into a chunk beside its header.
    assert_eq!(source.counts().allocations, 10);
    drop(zone);
    assert_eq!(source.counts().live_blocks(), 0);
}

#[test]
fn a_zone_passes_blocks_larger_than_a_chunk() {
    let source = source(1 << 16);
    let mut zone = Zone::<_, 1024>::new(&source);
    let large = layout(2000, 1);
    let block = zone.allocate(large).expect("room");
    assert_eq!(source.counts().live_bytes, 2000);
    // SAFETY: live, and not used again.
    unsafe { zone.deallocate(block, large) };
    assert_eq!(source.counts().live_bytes, 0);
    // A block that fits a chunk by its size, but perhaps not once it is aligned.
    zone.allocate(layout(600, 512)).expect("room");
    assert_eq!(source.counts().live_bytes, 600);
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
