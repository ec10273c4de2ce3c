//! Heap blocks that know what they hold, for the stress test.
//!
//! A block comes straight from one of libc's allocation functions. It is filled with a piece of a
//! table of random bytes, so that every later reader can say whether anybody else wrote to it. The
//! block's number says where in the table its piece begins.

use std::ffi::c_void;
use std::fmt;
use std::iter;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::LazyLock;

/// The function a block came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `malloc`
    Malloc,
    /// `calloc`
    Calloc,
    /// `aligned_alloc`
    AlignedAlloc,
    /// `posix_memalign`
    PosixMemalign,
    /// `realloc`
    Realloc,
}

/// A live block of the C heap.
#[derive(Debug)]
pub struct Block {
    address: NonNull<u8>,
    size: usize,
    number: u64,
    source: Source,
    thread: u32,
}

// SAFETY: a block is memory that its holder alone uses, and free may be called by any thread.
unsafe impl Send for Block {}

/// A block whose bytes are not what was written to them, or that is not what was asked for.
#[derive(Debug)]
pub struct Corruption {
    block: String,
    what: String,
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.block, self.what)
    }
}

impl std::error::Error for Corruption {}

impl Block {
    /// Asks for `size` bytes, at most 1 MiB, aligned to `alignment` where `source` takes an alignment, and fills
    /// them with the pattern of `number`. `None` when there is no memory.
    pub fn allocate(
        source: Source,
        alignment: usize,
        size: usize,
        number: u64,
        thread: u32,
    ) -> Result<Option<Self>, Corruption> {
        let (address, alignment) = match source {
            Source::Malloc | Source::Realloc => (malloc(size), 16),
            Source::Calloc => (calloc(size), 16),
            Source::AlignedAlloc => (aligned_alloc(alignment, size), alignment),
            Source::PosixMemalign => (posix_memalign(alignment, size), alignment),
        };
        let Some(address) = NonNull::new(address.cast::<u8>()) else {
            return Ok(None);
        };
        let mut block = Self {
            address,
            size,
            number,
            source,
            thread,
        };
        if !address.addr().get().is_multiple_of(alignment) {
            return Err(block.corruption(format!("not aligned to {alignment}")));
        }
        if source == Source::Calloc
            && let Some(offset) = block.bytes().iter().position(|byte| *byte != 0)
        {
            return Err(block.corruption(format!("calloc: byte {offset} is not zero")));
        }
        block.fill();
        Ok(Some(block))
    }

    /// Bytes that were asked for.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Looks at every byte.
    pub fn verify(&self) -> Result<(), Corruption> {
        let wanted = pattern(self.number, self.size);
        if self.bytes() == wanted {
            return Ok(());
        }
        let wrong = self
            .bytes()
            .iter()
            .zip(wanted)
            .position(|(byte, wanted)| byte != wanted);
        Err(self.corruption(format!("byte {wrong:?} was overwritten")))
    }

    /// Fills the block with the pattern of another number.
    pub fn rewrite(&mut self, number: u64) {
        self.number = number;
        self.fill();
    }

    /// Verifies the block, resizes it by `realloc`, and verifies what remains of it.
    /// A block that could not be resized keeps its size.
    pub fn resize(mut self, size: usize) -> Result<Self, Corruption> {
        self.verify()?;
        // SAFETY: the block is live, and nothing else refers to it, since `self` is taken.
        let moved = unsafe { libc::realloc(self.address.as_ptr().cast(), size) };
        let Some(address) = NonNull::new(moved.cast::<u8>()) else {
            return Ok(self);
        };
        let kept = self.size.min(size);
        self = Self {
            address,
            size: kept,
            source: Source::Realloc,
            ..self
        };
        self.verify()?;
        self.size = size;
        self.fill();
        Ok(self)
    }

    /// Verifies the block and frees it.
    pub fn free(self) -> Result<(), Corruption> {
        self.verify()?;
        // SAFETY: the block is live, and nothing else refers to it, since `self` is taken.
        unsafe { libc::free(self.address.as_ptr().cast()) };
        Ok(())
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: the allocation function gave `size` bytes, and `fill` or calloc has written them.
        unsafe { std::slice::from_raw_parts(self.address.as_ptr(), self.size) }
    }

    fn fill(&mut self) {
        let wanted = pattern(self.number, self.size);
        self.storage().write_copy_of_slice(wanted);
    }

    fn storage(&mut self) -> &mut [MaybeUninit<u8>] {
        let storage = self.address.as_ptr().cast();
        // SAFETY: the allocation function gave `size` bytes, and the block is ours alone.
        unsafe { std::slice::from_raw_parts_mut(storage, self.size) }
    }

    fn corruption(&self, what: String) -> Corruption {
        let Self {
            address,
            size,
            number,
            source,
            thread,
        } = self;
        let block = format!(
            "block {address:?} of {size} bytes, number {number:#x}, from {source:?} in thread {thread}"
        );
        Corruption { block, what }
    }
}

/// What a block of this number and size holds.
fn pattern(number: u64, size: usize) -> &'static [u8] {
    /// Bytes of the largest block, and how many places a piece may begin at.
    const LARGEST: usize = 1 << 20;
    static TABLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut random = fastrand::Rng::with_seed(1);
        iter::repeat_with(|| random.u8(..))
            .take(2 * LARGEST)
            .collect()
    });
    let begin = (number % LARGEST as u64) as usize;
    &TABLE[begin..][..size]
}

fn malloc(size: usize) -> *mut c_void {
    // SAFETY: malloc may be called with any size.
    unsafe { libc::malloc(size) }
}

fn calloc(size: usize) -> *mut c_void {
    // SAFETY: calloc may be called with any numbers.
    unsafe { libc::calloc(1, size) }
}

fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    // SAFETY: aligned_alloc refuses alignments that it does not support.
    unsafe { libc::aligned_alloc(alignment, size) }
}

fn posix_memalign(alignment: usize, size: usize) -> *mut c_void {
    let mut block = ptr::null_mut();
    // SAFETY: `block` can be written, and bad alignments are refused.
    let _ = unsafe { libc::posix_memalign(&raw mut block, alignment, size) };
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCES: [Source; 4] = [
        Source::Malloc,
        Source::Calloc,
        Source::AlignedAlloc,
        Source::PosixMemalign,
    ];

    fn block(source: Source, size: usize) -> Block {
        Block::allocate(source, 64, size, 99, 1)
            .expect("sound")
            .expect("memory")
    }

    #[test]
    fn every_overwritten_byte_is_found() {
        for size in [1, 7, 8, 9, 100, 4097] {
            for offset in 0..size {
                let mut block = block(Source::Malloc, size);
                let before = block.bytes()[offset];
                block.storage()[offset].write(before ^ 1);
                let error = block.verify().expect_err("a byte is wrong").to_string();
                assert!(error.contains(&format!("byte Some({offset})")), "{error}");
                block.storage()[offset].write(before);
                block.free().expect("sound again");
            }
        }
    }

    #[test]
    fn blocks_stay_sound_through_their_lives() {
        for source in SOURCES {
            let mut block = block(source, 1000);
            block.verify().expect("filled");
            block.rewrite(7);
            block.verify().expect("rewritten");
            let block = block
                .resize(5000)
                .expect("grown")
                .resize(10)
                .expect("shrunk");
            assert_eq!(block.bytes().len(), 10);
            block.free().expect("sound");
        }
    }

    #[test]
    fn a_block_with_the_bytes_of_another_is_found() {
        let mut block = block(Source::Malloc, 64);
        block.number = 100;
        assert!(block.verify().is_err());
        block.fill();
        block.free().expect("sound");
    }
}
