//! How much a heap is used.

use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use heap::{Heap, LockedHeap};

/// What a [`Counted`] heap has seen so far. Bytes are those of the layouts asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Requests that got a block.
    pub allocations: usize,
    /// Requests that got none.
    pub refusals: usize,
    /// Blocks given back.
    pub deallocations: usize,
    /// Bytes in live blocks.
    pub live_bytes: usize,
    /// The most that `live_bytes` has ever been.
    pub peak_bytes: usize,
}

impl Counts {
    /// The number of live blocks.
    pub const fn live_blocks(&self) -> usize {
        self.allocations.wrapping_sub(self.deallocations)
    }
}

/// A heap that counts what passes through it. It may be shared if the heap below may.
pub struct Counted<H> {
    counters: Counters,
    below: H,
}

impl<H> Counted<H> {
    /// Counts from zero.
    pub const fn new(below: H) -> Self {
        Self {
            counters: Counters::zero(),
            below,
        }
    }

    /// The counts of this moment. While other threads use the heap, figures of one call may differ by what they do.
    pub fn counts(&self) -> Counts {
        self.counters.read()
    }
}

/// The fields of [`Counts`], for several threads. They order no other memory, so every access is relaxed.
struct Counters {
    allocations: AtomicUsize,
    refusals: AtomicUsize,
    deallocations: AtomicUsize,
    live_bytes: AtomicUsize,
    peak_bytes: AtomicUsize,
}

impl Counters {
    const fn zero() -> Self {
        Self {
            allocations: AtomicUsize::new(0),
            refusals: AtomicUsize::new(0),
            deallocations: AtomicUsize::new(0),
            live_bytes: AtomicUsize::new(0),
            peak_bytes: AtomicUsize::new(0),
        }
    }

    fn read(&self) -> Counts {
        Counts {
            allocations: self.allocations.load(Ordering::Relaxed),
            refusals: self.refusals.load(Ordering::Relaxed),
            deallocations: self.deallocations.load(Ordering::Relaxed),
            live_bytes: self.live_bytes.load(Ordering::Relaxed),
            peak_bytes: self.peak_bytes.load(Ordering::Relaxed),
        }
    }

    fn note_allocation(&self, layout: Layout, block: Option<NonNull<u8>>) {
        if block.is_none() {
            self.refusals.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.allocations.fetch_add(1, Ordering::Relaxed);
        let before = self.live_bytes.fetch_add(layout.size(), Ordering::Relaxed);
        self.peak_bytes
            .fetch_max(before.wrapping_add(layout.size()), Ordering::Relaxed);
    }

    /// To be called before the block goes back: another thread may get it at once, and it must not count twice.
    fn note_deallocation(&self, layout: Layout) {
        self.deallocations.fetch_add(1, Ordering::Relaxed);
        self.live_bytes.fetch_sub(layout.size(), Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the heap below as it is.
unsafe impl<H: Heap> Heap for Counted<H> {
    #[inline]
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let block = self.below.allocate(layout);
        self.counters.note_allocation(layout, block);
        block
    }

    #[inline]
    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        self.counters.note_deallocation(layout);
        // SAFETY: the contract is the one of the heap below.
        unsafe { self.below.deallocate(block, layout) }
    }
}

// SAFETY: every call goes to the heap below as it is, and the counters are atomic.
unsafe impl<H: LockedHeap> LockedHeap for Counted<H> {
    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let block = self.below.allocate(layout);
        self.counters.note_allocation(layout, block);
        block
    }

    #[inline]
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        self.counters.note_deallocation(layout);
        // SAFETY: the contract is the one of the heap below.
        unsafe { self.below.deallocate(block, layout) }
    }
}
