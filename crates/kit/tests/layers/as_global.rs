//! A global allocator asks for no more than a shared heap promises.

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::NonNull;

use heap::{LockedHeap, SpinLock};
use kit::{AsGlobal, FreeList, Locked, Nothing};
use proptest::prelude::*;
use shadowheap::{Ledger, shared_heap_suite};

use crate::layouts::{layout, up_to};

/// A global allocator, seen as a heap again.
struct Global<G>(G);

// SAFETY: what a global allocator promises is what is asked for here, of sizes that are not zero.
unsafe impl<G: GlobalAlloc + Sync> LockedHeap for Global<G> {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() == 0 {
            return None;
        }
        // SAFETY: the size is not zero.
        NonNull::new(unsafe { self.0.alloc(layout) })
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the two contracts are the same.
        unsafe { self.0.dealloc(block.as_ptr(), layout) }
    }
}

fn global() -> AsGlobal<Locked<SpinLock, FreeList<Ledger>>> {
    AsGlobal(Locked::new(FreeList::new(Ledger::new())))
}

shared_heap_suite!(as_global, || Global(global()));

proptest! {
    /// A block that moves takes its bytes with it; one that shall be zero is, though the last one there was not.
    #[test]
    fn blocks_move_and_are_zero(asked in up_to(500), size in 1..500_usize) {
        let asked = layout(asked.size().max(1), asked.align());
        let heap = global();
        // SAFETY: the size is not zero.
        let block = unsafe { heap.alloc(asked) };
        prop_assert!(!block.is_null());
        // SAFETY: the block has this size.
        unsafe { block.write_bytes(7, asked.size()) };
        // SAFETY: live, with this layout; the new size is not zero.
        let moved = unsafe { heap.realloc(block, asked, size) };
        prop_assert!(!moved.is_null());
        // SAFETY: the bytes that both sizes have were written.
        let kept = unsafe { std::slice::from_raw_parts(moved, asked.size().min(size)) };
        prop_assert!(kept.iter().all(|&byte| byte == 7));
        let resized = layout(size, asked.align());
        // SAFETY: live, and not used again.
        unsafe { heap.dealloc(moved, resized) };
        for used in [asked, resized] {
            // SAFETY: the size is not zero.
            let zeroed = unsafe { heap.alloc_zeroed(used) };
            prop_assert!(!zeroed.is_null());
            // SAFETY: the block has this size, and was written.
            let bytes = unsafe { std::slice::from_raw_parts(zeroed, used.size()) };
            prop_assert!(bytes.iter().all(|&byte| byte == 0));
            // SAFETY: live, and not used again.
            unsafe { heap.dealloc(zeroed, used) };
        }
    }
}

#[test]
fn a_refusal_is_null() {
    let heap = AsGlobal(Nothing);
    // SAFETY: the size is not zero.
    let block = unsafe { heap.alloc(layout(8, 8)) };
    assert!(block.is_null());
}
