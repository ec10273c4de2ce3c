//! The bottom of a stack that has no more memory.

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::{Heap, LockedHeap};

/// A heap that refuses every request.
pub struct Nothing;

// SAFETY: no block is ever returned.
unsafe impl Heap for Nothing {
    fn allocate(&mut self, _: Layout) -> Option<NonNull<u8>> {
        None
    }

    unsafe fn deallocate(&mut self, _: NonNull<u8>, _: Layout) {}
}

// SAFETY: no block is ever returned.
unsafe impl LockedHeap for Nothing {
    fn allocate(&self, _: Layout) -> Option<NonNull<u8>> {
        None
    }

    unsafe fn deallocate(&self, _: NonNull<u8>, _: Layout) {}
}
