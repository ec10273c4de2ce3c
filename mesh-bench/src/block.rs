//! One block from the process's `malloc`, with a stamp that shows when it was overwritten.

use crate::malloc;
use std::fmt;
use std::hint::black_box;
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

/// Where a workload's blocks come from.
pub(crate) trait Source {
    /// As [`Block::new`].
    fn block(size: usize, stamp: u64) -> Block;
}

/// `malloc`, and nobody looks on.
pub(crate) struct Plain;

impl Source for Plain {
    fn block(size: usize, stamp: u64) -> Block {
        Block::new(size, stamp)
    }
}

impl Block {
    /// The smallest block: room for the stamp.
    pub(crate) const SMALLEST: usize = size_of::<u64>();

    /// A new block of `size` bytes, or [`SMALLEST`](Self::SMALLEST).
    pub(crate) fn new(size: usize, stamp: u64) -> Self {
        let size = size.max(Self::SMALLEST);
        Self::stamped(malloc::allocate(size), size, stamp)
    }

    /// As [`new`](Self::new), at a multiple of `alignment`, which is a power of two and at least 8.
    pub(crate) fn aligned(alignment: usize, size: usize, stamp: u64) -> Self {
        let size = size.max(Self::SMALLEST);
        let block = Self::stamped(malloc::allocate_aligned(alignment, size), size, stamp);
        if !block.address.addr().get().is_multiple_of(alignment) {
            block.fail(format_args!("is not aligned to {alignment}"));
        }
        block
    }

    /// A block of zeroes from `calloc`; ends the process with a message if a byte is none. Its stamp is zero.
    pub(crate) fn zeroed(size: usize) -> Self {
        let size = size.max(Self::SMALLEST);
        let address = malloc::allocate_zeroed(size);
        let block = Self { address, size };
        // SAFETY: the block has `size` bytes, calloc has set them, and nobody else knows it.
        let bytes = unsafe { std::slice::from_raw_parts(address.as_ptr(), size) };
        if bytes.iter().fold(0, |all, byte| all | byte) != 0 {
            block.fail(format_args!("comes from calloc and is not zero"));
        }
        block
    }

    /// A block at `address` of `size` bytes, [`SMALLEST`](Self::SMALLEST) or more, that nobody else knows.
    fn stamped(address: NonNull<u8>, size: usize, stamp: u64) -> Self {
        let mut block = Self { address, size };
        block.restamp(stamp);
        block
    }

    /// Where it is.
    pub(crate) fn address(&self) -> usize {
        self.address.addr().get()
    }

    /// Its bytes, the stamp included.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Writes all bytes after the stamp.
    pub(crate) fn fill(&mut self, byte: u8) {
        self.fill_from(Self::SMALLEST, byte);
    }

    /// Writes all bytes from `start` on, which is behind the stamp and not behind the end.
    pub(crate) fn fill_from(&mut self, start: usize, byte: u8) {
        assert!((Self::SMALLEST..=self.size).contains(&start));
        // SAFETY: `start` is at most `size`, so the place lies inside the block or at its end.
        let rest = unsafe { self.address.add(start) };
        // SAFETY: the block has `size` bytes, `start` of them before `rest`, and `&mut self` owns them.
        unsafe { rest.write_bytes(byte, self.size - start) };
    }

    /// Ends the process with a message unless all bytes behind the stamp and before `end` are `byte`.
    ///
    /// # Safety
    /// * The block has `end` bytes, more than [`SMALLEST`](Self::SMALLEST), and all of them have been written.
    pub(crate) unsafe fn expect_filled(&self, end: usize, byte: u8) {
        // SAFETY: the caller says that the block has these bytes and that they are written.
        let bytes = unsafe { std::slice::from_raw_parts(self.address.as_ptr(), end) };
        if bytes[Self::SMALLEST..].iter().any(|&other| other != byte) {
            self.fail(format_args!("has lost a byte {byte:#x} before {end}"));
        }
    }

    /// Writes the stamp again.
    pub(crate) fn restamp(&mut self, stamp: u64) {
        // SAFETY: every block has SMALLEST bytes, and `&mut self` owns them.
        unsafe { self.address.cast::<u64>().write_unaligned(stamp) };
    }

    /// Adds `times` to the stamp, one by one in memory.
    pub(crate) fn count(&mut self, times: u64) {
        for _ in 0..times {
            self.restamp(black_box(self.stamp() + 1));
        }
    }

    /// `realloc`: changes the size to `size` bytes, or [`SMALLEST`](Self::SMALLEST).
    pub(crate) fn resize(&mut self, size: usize) {
        let size = size.max(Self::SMALLEST);
        // SAFETY: the block is allocated as long as this value lives, and its size is not zero.
        self.address = unsafe { malloc::resize(self.address, size) };
        self.size = size;
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
        // SAFETY: every block has SMALLEST bytes, and each way to make one sets them.
        unsafe { self.address.cast::<u64>().read_unaligned() }
    }

    /// Ends the process with a message if the stamp is not the one given to [`new`](Self::new).
    pub(crate) fn expect(&self, stamp: u64) {
        if self.stamp() != stamp {
            self.fail(format_args!(
                "holds {:#x} instead of {stamp:#x}",
                self.stamp()
            ));
        }
    }

    #[cold]
    #[inline(never)]
    fn fail(&self, what: fmt::Arguments<'_>) -> ! {
        eprintln!(
            "mesh-bench: the block at {:p} ({} bytes) {what}",
            self.address, self.size
        );
        std::process::exit(1)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: `new` allocated the address; only this drop releases it.
        unsafe { malloc::release(self.address) };
    }
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
    fn each_way_to_make_a_block_keeps_its_promise() {
        for power in 3..14 {
            let block = Block::aligned(1 << power, 100, 7);
            assert_eq!(block.address.addr().get() % (1 << power), 0);
            assert_eq!(block.stamp(), 7);
        }
        let mut block = Block::zeroed(3);
        assert_eq!((block.size(), block.stamp()), (Block::SMALLEST, 0));
        block.count(5);
        block.resize(1 << 20);
        assert_eq!((block.size(), block.stamp()), (1 << 20, 5));
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
