//! Records by number. Their memory comes in chunks, each twice as large as the one before, which never move or go back.

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::Metadata;

/// Records of the first chunk.
const FIRST: usize = 32;
/// Enough for 2³² records.
const CHUNKS: usize = 28;

/// A record that is valid when all its bytes are zero.
///
/// # Safety
/// It is.
pub(crate) unsafe trait Zeroed {}

pub(crate) struct Pool<T> {
    chunks: [Option<NonNull<T>>; CHUNKS],
    /// Records `0..len` exist.
    len: u32,
}

// SAFETY: the pool owns its records.
unsafe impl<T: Send> Send for Pool<T> {}

/// The chunk of record `number`, and its place there. Chunk `k` starts at record `FIRST * (2^k - 1)`.
const fn place(number: u32) -> (usize, usize) {
    let shifted = number as usize + FIRST;
    let chunk = shifted.ilog2() as usize - FIRST.ilog2() as usize;
    (chunk, shifted - (FIRST << chunk))
}

const _: () = assert!(matches!(place(0), (0, 0)));
const _: () = assert!(matches!(place(FIRST as u32), (1, 0)));
const _: () = assert!(place(u32::MAX).0 < CHUNKS);

impl<T: Zeroed> Pool<T> {
    pub(crate) const fn new() -> Self {
        Self {
            chunks: [None; CHUNKS],
            len: 0,
        }
    }

    /// The number of records that exist.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Makes one more record, all zero; `None` when there is no memory.
    pub(crate) fn add(&mut self, memory: &impl Metadata) -> Option<u32> {
        let number = self.len;
        let (chunk, _) = place(number);
        let slot = self.chunks.get_mut(chunk)?;
        if slot.is_none() {
            let layout = Layout::array::<T>(FIRST << chunk).ok()?;
            *slot = Some(memory.metadata(layout)?.cast());
        }
        self.len = number.checked_add(1)?;
        Some(number)
    }

    fn at(&self, number: u32) -> Option<NonNull<T>> {
        if number >= self.len {
            return None;
        }
        let (chunk, index) = place(number);
        let start = (*self.chunks.get(chunk)?)?;
        // SAFETY: `place` gives an index below the chunk's length.
        Some(unsafe { start.add(index) })
    }

    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        // SAFETY: the record exists, zero or written since (a valid value either way), and `&self` keeps writers away.
        self.at(number).map(|record| unsafe { record.as_ref() })
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        // SAFETY: the record exists, zero or written since; `&mut self` keeps everybody else away.
        self.at(number).map(|mut record| unsafe { record.as_mut() })
    }
}

#[cfg(test)]
mod tests;
