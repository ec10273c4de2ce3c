//! From one owner to many.

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::{Heap, LockedHeap, Mutex, RawLock};

/// A heap behind one lock, which threads may share.
pub struct Locked<L, H>(Mutex<L, H>);

impl<L: RawLock, H> Locked<L, H> {
    /// Puts `heap` behind an open lock.
    pub const fn new(heap: H) -> Self {
        Self(Mutex::new(heap))
    }
}

// SAFETY: the lock makes each caller the one owner of the heap for the time of its call; a heap's blocks may be used by
// any thread if the heap itself may be sent.
unsafe impl<L: RawLock + Sync, H: Heap + Send> LockedHeap for Locked<L, H> {
    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.0.lock().allocate(layout)
    }

    #[inline]
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the contract is the one of the heap behind the lock.
        unsafe { self.0.lock().deallocate(block, layout) }
    }
}
