//! Memory handed out from one end of a region to the other.

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::Heap;

/// A heap that moves a pointer through one region.
///
/// Of the blocks given back only the newest is used again; the others are lost until the region is. So `Bump` serves
/// best at the bottom of a stack, below a layer that keeps blocks.
pub struct Bump {
    /// The first byte not handed out.
    next: NonNull<u8>,
    /// Bytes from `next` to the end of the region.
    left: usize,
}

// SAFETY: the heap is the only user of its region (contract of `over`), from whichever thread it is used.
unsafe impl Send for Bump {}

impl Bump {
    /// A heap without a region: it refuses all but blocks of no bytes.
    pub const EMPTY: Self = Self {
        next: NonNull::dangling(),
        left: 0,
    };

    /// A heap of the bytes of `region`.
    ///
    /// # Safety
    /// * `region` is valid for reads and writes, from any thread, for as long as the heap or one of its blocks is used.
    /// * Nobody else uses it during that time.
    pub const unsafe fn over(region: NonNull<[u8]>) -> Self {
        Self {
            next: region.cast(),
            left: region.len(),
        }
    }

    /// The bytes that are left. Alignment may take some of them from the next block.
    pub const fn left(&self) -> usize {
        self.left
    }
}

// SAFETY: blocks are cut from the region, which nobody else uses, and lie behind all blocks cut before.
unsafe impl Heap for Bump {
    #[inline]
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let padding = self.next.addr().get().wrapping_neg() & (layout.align() - 1);
        let taken = padding.checked_add(layout.size())?;
        let left = self.left.checked_sub(taken)?;
        // SAFETY: `padding <= taken <= self.left`, so this is inside the region or at its end.
        let block = unsafe { self.next.add(padding) };
        // SAFETY: `taken <= self.left`, as before.
        self.next = unsafe { self.next.add(taken) };
        self.left = left;
        Some(block)
    }

    #[inline]
    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        let behind = block.addr().get().wrapping_add(layout.size());
        if behind == self.next.addr().get() {
            // SAFETY: the block ends at `next` and lies in the region, so the region goes at least that far down.
            self.next = unsafe { self.next.sub(layout.size()) };
            self.left += layout.size();
        }
    }
}
