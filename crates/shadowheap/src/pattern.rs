//! What is written into blocks.

use std::ptr::NonNull;
use std::sync::OnceLock;

/// The largest block that a pattern covers, in bytes.
pub(crate) const LARGEST: usize = 1 << 20;

/// How many patterns there are: a prime, so that neighbours in time and in space do not fall into step.
const COUNT: usize = 4093;

/// One of several thousand sequences of bytes that hardly agree anywhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pattern(usize);

impl Pattern {
    /// The pattern with this number; numbers may be of any size.
    pub(crate) fn numbered(number: usize) -> Self {
        Self(number.wrapping_mul(61) % COUNT)
    }

    /// The first `size` bytes.
    fn bytes(self, size: usize) -> &'static [u8] {
        static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
        // All patterns are cut from one run of random bytes, so filling and comparing are plain copies.
        let bytes = BYTES.get_or_init(|| {
            let mut state = 1_u64;
            let next = || {
                // Knuth's MMIX generator; its high bits are good enough for content.
                state = state
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                (state >> 56) as u8
            };
            std::iter::repeat_with(next).take(LARGEST + COUNT).collect()
        });
        &bytes[self.0..][..size]
    }

    /// Writes the pattern to a block.
    ///
    /// # Safety
    /// `block` is valid for writes of `size` bytes.
    pub(crate) unsafe fn fill(self, block: NonNull<u8>, size: usize) {
        let source = NonNull::from(self.bytes(size)).cast();
        // SAFETY: the contract, and the pattern is no heap's memory.
        unsafe { block.copy_from_nonoverlapping(source, size) };
    }

    /// The first byte of a block, counted from its start, that is not as [`fill`](Self::fill) wrote it.
    ///
    /// # Safety
    /// `block` is valid for reads of `size` bytes, was filled to that size or more, and nobody writes to it now.
    pub(crate) unsafe fn damage(self, block: NonNull<u8>, size: usize) -> Option<usize> {
        let found = NonNull::slice_from_raw_parts(block, size);
        // SAFETY: the contract.
        let found = unsafe { found.as_ref() };
        let written = self.bytes(size);
        // Equal slices are the rule, and comparing them whole is fast.
        if found == written {
            return None;
        }
        found
            .iter()
            .zip(written)
            .position(|(found, written)| found != written)
    }
}
