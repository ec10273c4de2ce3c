//! A shared heap as the allocator of a Rust program.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{NonNull, null_mut};

use heap::LockedHeap;

/// `#[global_allocator] static HEAP: AsGlobal<…> = AsGlobal(…);`
pub struct AsGlobal<H>(pub H);

// SAFETY: `LockedHeap` promises what `GlobalAlloc` asks for: blocks that are valid, aligned and apart until they are given
// back. It does not unwind.
unsafe impl<H: LockedHeap> GlobalAlloc for AsGlobal<H> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.allocate(layout).map_or(null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(block) = NonNull::new(block) {
            // SAFETY: the caller's promise is the same.
            unsafe { self.0.deallocate(block, layout) };
        }
    }
}
