//! The simplest heap with front ends: each thread has a free list of its own over a shared ledger, and nobody else uses it.

use std::alloc::Layout;
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};

use heap::{Heap, LockedHeap, ThreadLocalHeap};
use kit::{FreeList, ThreadSlot};
use shadowheap::Ledger;

/// A free list that panics when another thread than its own uses it.
pub(crate) struct Front {
    thread: ThreadId,
    list: FreeList<Ledger>,
}

impl Front {
    fn list(&mut self) -> &mut FreeList<Ledger> {
        assert_eq!(self.thread, thread::current().id(), "each thread its own");
        &mut self.list
    }
}

// SAFETY: every call goes to the list as it is.
unsafe impl Heap for Front {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        self.list().allocate(layout)
    }

    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the two contracts are the same.
        unsafe { self.list().deallocate(block, layout) }
    }
}

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

    /// How many more front ends can be made.
    pub(crate) fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
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
    type Local = Front;

    fn attach(&self) -> Option<NonNull<Self::Local>> {
        let taken = |left: usize| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken)
            .ok()?;
        let local = Box::new(Front {
            thread: thread::current().id(),
            list: FreeList::new(self.ledger.clone()),
        });
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
    static WORD: Cell<*mut Front> = const { Cell::new(ptr::null_mut()) };
}

// SAFETY: the cell is the thread's own and starts with null.
unsafe impl ThreadSlot<Front> for Slot {
    fn current() -> *mut Front {
        WORD.get()
    }

    unsafe fn set(word: *mut Front) {
        WORD.set(word);
    }
}
