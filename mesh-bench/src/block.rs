//! One block from the process's `malloc`, with a stamp that shows when it was overwritten.

use crate::malloc;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
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

    /// Its bytes, the stamp included.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Writes all bytes after the stamp.
    pub(crate) fn fill(&mut self, byte: u8) {
        // SAFETY: `size` is at least SMALLEST (see `new`), so the place lies inside the block or at its end.
        let rest = unsafe { self.address.add(Self::SMALLEST) };
        // SAFETY: the block has `size` bytes, SMALLEST of them before `rest`, and `&mut self` owns them.
        unsafe { rest.write_bytes(byte, self.size - Self::SMALLEST) };
    }

    /// Writes the stamp again.
    pub(crate) fn restamp(&mut self, stamp: u64) {
        // SAFETY: `new` wrote these eight bytes, and `&mut self` owns them.
        unsafe { self.address.cast::<u64>().write_unaligned(stamp) };
    }

    /// `read` of the C library: up to `most` bytes of `file`, behind the stamp.
    pub(crate) fn receive(&mut self, file: BorrowedFd<'_>, most: usize) -> io::Result<usize> {
        let most = most.min(self.size - Self::SMALLEST);
        // SAFETY: `size` is at least SMALLEST (see `new`), so the place lies inside the block or at its end.
        let rest = unsafe { self.address.add(Self::SMALLEST) };
        // SAFETY: `most` bytes of the block lie behind `rest`, and `&mut self` owns them.
        let length = unsafe { libc::read(file.as_raw_fd(), rest.as_ptr().cast(), most) };
        usize::try_from(length).map_err(|_| io::Error::last_os_error())
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
    fn what_is_received_stays_in_the_block() {
        use std::io::Write;
        use std::os::fd::AsFd;

        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(&[7; 100]).unwrap();
        let mut block = Block::new(40, 5);
        assert_eq!(block.receive(reader.as_fd(), 100).unwrap(), 32);
        assert_eq!(block.stamp(), 5);
        block.restamp(6);
        assert_eq!(block.receive(reader.as_fd(), 10).unwrap(), 10);
        assert_eq!(block.stamp(), 6);
    }

    #[test]
    fn filling_leaves_the_stamp_alone() {
        for size in [0, 1, 8, 9, 100] {
            let mut block = Block::new(size, 0x0123_4567_89ab_cdef);
            block.fill(0xff);
            assert_eq!(block.stamp(), 0x0123_4567_89ab_cdef, "{size}");
        }
    }
}
