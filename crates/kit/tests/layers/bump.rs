//! A bump heap uses its region to the last byte.

use std::alloc::Layout;
use std::ptr::NonNull;

use heap::Heap;
use kit::Bump;
use proptest::collection::vec;
use proptest::prelude::*;
use shadowheap::{Ledger, shadow_heap_suite};

use crate::layouts::{layout, up_to};

/// A `Bump` together with its region.
struct Region {
    bump: Bump,
    memory: NonNull<u8>,
    ledger: Ledger,
}

const REGION: Layout = Layout::new::<[u64; 1 << 18]>();

impl Region {
    fn new() -> Self {
        let mut ledger = Ledger::new();
        let memory = Heap::allocate(&mut ledger, REGION).expect("2 MiB");
        let region = NonNull::slice_from_raw_parts(memory, REGION.size());
        // SAFETY: the region is a block of the ledger until the drop, and only the bump uses it.
        let bump = unsafe { Bump::over(region) };
        Self {
            bump,
            memory,
            ledger,
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the ledger's block, with its layout.
        unsafe { Heap::deallocate(&mut self.ledger, self.memory, REGION) };
    }
}

// SAFETY: every call goes to the bump as it is.
unsafe impl Heap for Region {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        self.bump.allocate(layout)
    }

    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the two contracts are the same.
        unsafe { self.bump.deallocate(block, layout) }
    }
}

shadow_heap_suite!(bump, Region::new);

#[derive(Clone, Debug)]
enum Op {
    Allocate(Layout),
    Deallocate(usize),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        3 => up_to(100).prop_map(Op::Allocate),
        1 => any::<prop::sample::Index>().prop_map(|nth| Op::Deallocate(nth.index(8))),
    ];
    vec(op, 0..100)
}

proptest! {
    /// A block begins where the one before ends, or as soon after that as its alignment permits. What is refused does not
    /// fit; what ends where the next block would begin is used again.
    #[test]
    fn blocks_follow_each_other(ops in ops()) {
        let mut memory = [0_u64; 256];
        let region = NonNull::slice_from_raw_parts(NonNull::from(&mut memory).cast::<u8>(), 2048);
        // SAFETY: the array outlives the heap and is not used otherwise.
        let mut bump = unsafe { Bump::over(region) };
        let mut next = region.cast::<u8>().addr().get();
        let end = next + 2048;
        let mut live = Vec::new();
        for op in ops {
            match op {
                Op::Allocate(layout) => {
                    let start = next.next_multiple_of(layout.align());
                    let fits = start + layout.size() <= end;
                    let block = bump.allocate(layout);
                    prop_assert_eq!(block.map(|block| block.addr().get()), fits.then_some(start));
                    if let Some(block) = block {
                        next = start + layout.size();
                        live.push((block, layout));
                    }
                }
                Op::Deallocate(from_newest) => {
                    let Some(nth) = live.len().checked_sub(1 + from_newest) else { continue };
                    let (block, layout) = live.remove(nth);
                    // SAFETY: live, and not used again.
                    unsafe { bump.deallocate(block, layout) };
                    if block.addr().get() + layout.size() == next {
                        next = block.addr().get();
                    }
                }
            }
            prop_assert_eq!(bump.left(), end - next);
        }
    }
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
