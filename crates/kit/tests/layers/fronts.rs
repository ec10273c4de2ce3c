//! The simplest heap with front ends: each thread has a free list of its own over a shared ledger.

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};

use heap::{LockedHeap, ThreadLocalHeap};
use kit::{FreeList, ThreadSlot};
use shadowheap::Ledger;

/// A ledger that makes no more than a few front ends at a time.
pub(crate) struct Fronts {
    left: AtomicUsize,
    ledger: Ledger,
}

impl Fronts {
    pub(crate) fn new(threads: usize, ledger: Ledger) -> Self {
        Self {
            left: AtomicUsize::new(threads),
            ledger,
        }
    }
}

// SAFETY: every call goes to the ledger as it is.
unsafe impl LockedHeap for Fronts {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        LockedHeap::allocate(&self.ledger, layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the two contracts are the same.
        unsafe { LockedHeap::deallocate(&self.ledger, block, layout) }
    }
}

// SAFETY: free lists hand out the ledger's blocks with their own layouts, and give them back to it when they are dropped;
// each front end is a fresh allocation.
unsafe impl ThreadLocalHeap for Fronts {
    type Local = FreeList<Ledger>;

    fn attach(&self) -> Option<NonNull<Self::Local>> {
        let taken = |left: usize| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken)
            .ok()?;
        let local = Box::new(FreeList::new(self.ledger.clone()));
        Some(NonNull::from(Box::leak(local)))
    }

    unsafe fn detach(&self, local: NonNull<Self::Local>) {
        // SAFETY: `attach` leaked this box, and the caller gives it back.
        drop(unsafe { Box::from_raw(local.as_ptr()) });
        self.left.fetch_add(1, Ordering::Relaxed);
    }
}

/// The thread's word for whichever heap it uses at the time.
pub(crate) struct Slot;

thread_local! {
    static WORD: Cell<*mut FreeList<Ledger>> = const { Cell::new(ptr::null_mut()) };
}

// SAFETY: the cell is the thread's own and starts with null.
unsafe impl ThreadSlot<FreeList<Ledger>> for Slot {
    fn current() -> *mut FreeList<Ledger> {
        WORD.get()
    }

    unsafe fn set(word: *mut FreeList<Ledger>) {
        WORD.set(word);
    }
}
