//! One block from the process's `malloc`, with a stamp that shows when it was overwritten.

use crate::malloc;
use std::ptr::NonNull;

/// A block whose first eight bytes hold a stamp; the rest is written only by [`fill`](Self::fill).
pub(crate) struct Block {
    address: NonNull<u8>,
    size: usize,
}

// SAFETY: a block is plain memory that only its owner touches, and `free` may be called from any thread.
unsafe impl Send for Block {}

impl Block {
    /// The smallest block: room for the stamp.
    pub(crate) const SMALLEST: usize = size_of::<u64>();

    /// A new block of `size` bytes, or [`SMALLEST`](Self::SMALLEST).
    pub(crate) fn new(size: usize, stamp: u64) -> Self {
        let size = size.max(Self::SMALLEST);
        let address = malloc::allocate(size);
        // SAFETY: the block has at least eight bytes, and nobody else knows it.
        unsafe { address.cast::<u64>().write_unaligned(stamp) };
        Self { address, size }
    }

    /// Writes all bytes after the stamp.
    pub(crate) fn fill(&mut self, byte: u8) {
        // SAFETY: `size` is at least SMALLEST (see `new`), so the place lies inside the block or at its end.
        let rest = unsafe { self.address.add(Self::SMALLEST) };
        // SAFETY: the block has `size` bytes, SMALLEST of them before `rest`, and `&mut self` owns them.
        unsafe { rest.write_bytes(byte, self.size - Self::SMALLEST) };
    }

    /// The stamp as it is now.
    pub(crate) fn stamp(&self) -> u64 {
        // SAFETY: `new` wrote these eight bytes.
        unsafe { self.address.cast::<u64>().read_unaligned() }
    }

    /// Ends the process with a message if the stamp is not the one given to [`new`](Self::new).
    pub(crate) fn expect(&self, stamp: u64) {
        if self.stamp() != stamp {
            overwritten(self, stamp);
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: `new` allocated the address; only this drop releases it.
        unsafe { malloc::release(self.address) };
    }
}

#[cold]
#[inline(never)]
fn overwritten(block: &Block, stamp: u64) -> ! {
    eprintln!(
        "mesh-bench: the block at {:p} ({} bytes) holds {:#x} instead of {stamp:#x}",
        block.address,
        block.size,
        block.stamp()
    );
    std::process::exit(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filling_leaves_the_stamp_alone() {
        for size in [0, 1, 8, 9, 100] {
            let mut block = Block::new(size, 0x0123_4567_89ab_cdef);
            block.fill(0xff);
            assert_eq!(block.stamp(), 0x0123_4567_89ab_cdef, "{size}");
        }
    }
}
