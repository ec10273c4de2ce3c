//! A free list keeps one layout, hands out what it got last, and keeps nothing for ever.

use std::alloc::Layout;
use std::ptr::NonNull;

use heap::Heap;
use kit::FreeList;
use proptest::collection::vec;
use proptest::prelude::*;
use shadowheap::{Ledger, shadow_heap_suite};

use crate::layouts::layout;
use crate::region::source;

shadow_heap_suite!(free_list, || FreeList::new(Ledger::new()));

proptest! {
    /// Beside a stack: of the layout that it was made for, or else the first to come back with room for a pointer, blocks are
    /// kept, newest first; others pass.
    #[test]
    fn it_is_a_stack(
        calls in vec((0..4_usize, any::<Option<prop::sample::Index>>()), 0..100),
        made_for in proptest::option::of(0..4_usize),
    ) {
        let layouts = [layout(4, 4), layout(32, 8), layout(32, 16), layout(48, 8)];
        let source = source(1 << 16);
        let mut list = match made_for {
            Some(kept) => FreeList::keeping(layouts[kept], &source),
            None => FreeList::new(&source),
        };
        let mut live = Vec::new();
        let made_for = made_for.map(|kept| layouts[kept]);
        let (mut kept, mut stack) = (made_for.filter(|kept| kept.size() >= 8), Vec::new());
        for (asked, returned) in calls {
            let before = source.counts();
            if let Some(nth) = returned && !live.is_empty() {
                let (block, layout): (_, Layout) = live.swap_remove(nth.index(live.len()));
                if layout.size() >= 8 {
                    kept.get_or_insert(layout);
                }
                // SAFETY: live, and not used again before it is handed out again.
                unsafe { list.deallocate(block, layout) };
                let passed = source.counts().deallocations - before.deallocations;
                prop_assert_eq!(passed, usize::from(kept != Some(layout)));
                if passed == 0 {
                    stack.push(block);
                }
            } else {
                let layout = layouts[asked];
                let expected = if kept == Some(layout) { stack.pop() } else { None };
                let block = list.allocate(layout).expect("room");
                let passed = source.counts().allocations - before.allocations;
                prop_assert_eq!(passed, usize::from(expected.is_none()));
                prop_assert!(expected.is_none_or(|expected| expected == block));
                live.push((block, layout));
            }
        }
        drop(list);
        prop_assert_eq!(source.counts().live_blocks(), live.len());
    }
}

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
