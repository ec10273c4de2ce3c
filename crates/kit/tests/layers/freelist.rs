//! A free list keeps one layout, hands out what it got last, and keeps nothing for ever.

use std::alloc::Layout;
use std::ptr::NonNull;

use crate::region::source;
use heap::Heap;
use kit::FreeList;

const OBJECT: Layout = Layout::new::<[u64; 4]>();

/// Three live blocks.
fn three(list: &mut impl Heap, layout: Layout) -> [NonNull<u8>; 3] {
    [(); 3].map(|()| list.allocate(layout).expect("room"))
}

#[test]
fn the_newest_block_comes_first() {
    let source = source(4096);
    let mut list = FreeList::new(&source);
    let [a, b, c] = three(&mut list, OBJECT);
    for block in [b, a, c] {
        // SAFETY: live, and not used again before it is handed out again.
        unsafe { list.deallocate(block, OBJECT) };
    }
    assert_eq!(three(&mut list, OBJECT), [c, a, b]);
    assert_eq!(
        source.counts().allocations,
        3,
        "the source was not asked again"
    );
}

#[test]
fn other_layouts_pass_through() {
    let source = source(4096);
    let mut list = FreeList::new(&source);
    let others = [
        Layout::new::<[u64; 5]>(),
        Layout::new::<[u8; 32]>(),
        Layout::new::<u8>(),
    ];
    let blocks = others.map(|other| list.allocate(other).expect("room"));
    let [object, ..] = three(&mut list, OBJECT);
    // SAFETY: live, and not used again.
    unsafe { list.deallocate(object, OBJECT) };
    for (block, other) in blocks.into_iter().zip(others) {
        // SAFETY: live, and not used again.
        unsafe { list.deallocate(block, other) };
    }
    assert_eq!(source.counts().deallocations, 3);
}

#[test]
fn blocks_without_room_or_alignment_for_a_link_are_never_kept() {
    let source = source(4096);
    let mut list = FreeList::new(&source);
    let few_bytes = Layout::from_size_align(4, 8).expect("plain");
    for layout in [Layout::new::<u8>(), Layout::new::<[u8; 64]>(), few_bytes] {
        let before = source.counts().deallocations;
        for block in three(&mut list, layout) {
            // SAFETY: live, and not used again.
            unsafe { list.deallocate(block, layout) };
        }
        assert_eq!(source.counts().deallocations, before + 3, "{layout:?}");
    }
}

#[test]
fn a_dropped_list_gives_its_blocks_back() {
    let source = source(4096);
    let mut list = FreeList::new(&source);
    for block in three(&mut list, OBJECT) {
        // SAFETY: live, and not used again.
        unsafe { list.deallocate(block, OBJECT) };
    }
    assert_eq!(source.counts().live_blocks(), 3);
    drop(list);
    assert_eq!(source.counts().live_blocks(), 0);
}
