//! What is done when the calling thread has no answer at hand.

use core::alloc::Layout;
use core::ptr::NonNull;

use ::heap::SizeClass;
use globalheap::{CentralHeap, LargeBlock};

use crate::front::front;
use crate::heap::{Front, HEAP};
use crate::{limit, word};

/// A block of `class`; without a class, one on pages of its own.
#[cold]
#[inline(never)]
pub(crate) fn allocate(class: Option<SizeClass>, layout: Layout) -> Option<LargeBlock> {
    let slot = |start| LargeBlock {
        start,
        zeroed: false,
    };
    limit::within(layout.size(), || match class {
        Some(class) => small(class).map(slot),
        None => {
            // The first request of a process may be a large one.
            let _ = front();
            HEAP.global().allocate_large(layout.size(), layout.align())
        }
    })
}

fn small(class: SizeClass) -> Option<NonNull<u8>> {
    let Some(front) = front() else {
        return HEAP.allocate_direct(class);
    };
    // SAFETY: attached, and used by this thread alone.
    unsafe { &mut *front.as_ptr() }.look_after();
    // SAFETY: the calling thread's own.
    let at_hand = unsafe { Front::pop_at(front, class) };
    // SAFETY: attached, and used by this thread alone.
    at_hand.or_else(|| unsafe { &mut *front.as_ptr() }.refill(class))
}

/// Takes a block back that the fast path does not take.
///
/// # Safety
/// Nobody uses the block any more.
#[inline(never)]
pub(crate) unsafe fn free(block: *mut u8) {
    // SAFETY: the calling thread's heap, or an idle one; the caller gives the block up.
    if unsafe { Front::keep_at(word::heap(), block) } {
        return;
    }
    let Some(object) = NonNull::new(block) else {
        return;
    };
    match front() {
        Some(front) => {
            // SAFETY: attached, and used by this thread alone.
            let heap = unsafe { &mut *front.as_ptr() };
            // SAFETY: the caller gives the block up.
            unsafe { heap.free_elsewhere(object) };
        }
        // SAFETY: the caller gives the block up.
        None => unsafe { HEAP.free_direct(object) },
    }
}
