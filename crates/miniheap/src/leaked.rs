//! Memory for records in tests: from the system, never given back, and no more than a test allows.

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::NonNull;

use heap::Metadata;

/// Hands out a number of blocks, then refuses.
pub(crate) struct Leaked {
    blocks_left: Cell<usize>,
}

impl Leaked {
    pub(crate) const fn without_end() -> Self {
        Self::with_blocks(usize::MAX)
    }

    pub(crate) const fn with_blocks(blocks: usize) -> Self {
        Self {
            blocks_left: Cell::new(blocks),
        }
    }
}

// SAFETY: each block is a fresh one of the system's allocator, zeroed, and is never given back.
unsafe impl Metadata for Leaked {
    fn metadata(&self, layout: Layout) -> Option<NonNull<u8>> {
        let left = self.blocks_left.get().checked_sub(1)?;
        self.blocks_left.set(left);
        assert_ne!(layout.size(), 0);
        // SAFETY: the size is not zero.
        NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })
    }
}
