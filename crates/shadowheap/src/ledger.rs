//! The memory below the heaps under test.

use std::alloc::Layout;
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use heap::{Heap, LockedHeap};

/// The system's allocator, with a record of what is out.
///
/// Clones share one record. A layer over a ledger is held to the contract of the heap below it: a test panics when a
/// block goes back that was not out or was asked for with another layout, and when the last clone is dropped while a
/// block is out.
#[derive(Clone)]
pub struct Ledger(Arc<Mutex<Book>>);

struct Book {
    out: BTreeMap<usize, Layout>,
    /// Bytes that may still go out.
    budget: usize,
}

impl Ledger {
    /// A ledger that hands out as much as the system has.
    pub fn new() -> Self {
        Self::with_budget(usize::MAX)
    }

    /// A ledger that refuses to have more than `budget` bytes out at a time.
    pub fn with_budget(budget: usize) -> Self {
        Self(Arc::new(Mutex::new(Book {
            out: BTreeMap::new(),
            budget,
        })))
    }

    /// The number of blocks that are out.
    pub fn blocks_out(&self) -> usize {
        self.book().out.len()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // After a panic under the lock the test fails anyway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: blocks are the system allocator's, which may be shared; each goes back once and with its own layout.
unsafe impl LockedHeap for Ledger {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let mut book = self.book();
        if layout.size() == 0 || layout.size() > book.budget {
            return None;
        }
        // SAFETY: the size is not zero.
        let block = NonNull::new(unsafe { std::alloc::alloc(layout) })?;
        // Heaps promise no zeros, so nobody shall get used to them.
        // SAFETY: the block has this size.
        unsafe { block.write_bytes(0xcc, layout.size()) };
        book.budget -= layout.size();
        book.out.insert(block.addr().get(), layout);
        Some(block)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        let mut book = self.book();
        let asked = book.out.remove(&block.addr().get());
        assert_eq!(
            asked,
            Some(layout),
            "what a layer gives back is what it has asked for"
        );
        book.budget += layout.size();
        // SAFETY: the block was out, with this layout.
        unsafe { std::alloc::dealloc(block.as_ptr(), layout) };
    }
}

// SAFETY: blocks are the system's, of the layout asked for, and nobody else's.
unsafe impl Heap for Ledger {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        LockedHeap::allocate(self, layout)
    }

    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the two contracts are the same.
        unsafe { LockedHeap::deallocate(self, block, layout) }
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        // A second panic would hide the first.
        if !std::thread::panicking() {
            assert!(
                self.out.is_empty(),
                "blocks that were never given back: {:?}",
                self.out
            );
        }
    }
}
