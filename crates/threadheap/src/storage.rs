//! Memory for the entries of a thread's vectors: packed, since most threads use few classes and keep little of each.

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::Metadata;
use shufflevector::ShuffleVector;

/// A slot, or nothing yet.
type Entry = *mut u8;

/// Entries of a piece, at least.
pub(crate) const SMALLEST: usize = 8;
/// The bytes of the first block. Each is twice as large as the one before it.
const FIRST_BLOCK: usize = 1 << 10;
/// Blocks, and sizes of pieces, at most.
const BLOCKS: usize = 14;
const SIZES: usize = 18;
/// From so many bytes on a block is whole pages, where pages are no larger.
const PAGES: usize = 4 << 10;

/// Pieces of memory for entries, of a power of two of them each.
pub(crate) struct Storage {
    /// Made when pieces are first cut from them, and never given back: records have no other memory.
    blocks: [Option<NonNull<Entry>>; BLOCKS],
    /// The block that pieces are cut from, and how many of its entries are.
    block: usize,
    cut: usize,
    /// Pieces that came back, by size, each with the next one in its first entry.
    unused: [Option<NonNull<Entry>>; SIZES],
}

/// The entries of a block. The first ones are nobody's: who looks for a slot among a vector's newest reads those in front of it as
/// well.
const fn entries_of(block: usize) -> usize {
    (FIRST_BLOCK << block) / size_of::<Entry>()
}

impl Storage {
    pub(crate) const NONE: Self = Self {
        blocks: [None; BLOCKS],
        block: 0,
        cut: ShuffleVector::FRONT,
        unused: [None; SIZES],
    };

    /// A piece of `capacity` entries, a power of two and at least [`SMALLEST`]; there are others in front of it that may be read, as
    /// many as [`ShuffleVector::FRONT`]. `None` when there is no memory.
    pub(crate) fn take(
        &mut self,
        memory: &impl Metadata,
        capacity: usize,
    ) -> Option<NonNull<Entry>> {
        debug_assert!(capacity.is_power_of_two() && capacity >= SMALLEST);
        let unused = self.unused.get_mut(capacity.ilog2() as usize)?;
        if let Some(piece) = *unused {
            // SAFETY: a piece that came back, in whose first entry is the next one (`put`).
            *unused = NonNull::new(unsafe { piece.read() }.cast());
            return Some(piece);
        }
        while entries_of(self.block).checked_sub(self.cut)? < capacity {
            self.block = (self.block + 1 < BLOCKS).then_some(self.block + 1)?;
            self.cut = ShuffleVector::FRONT;
        }
        let block = self.block_in_use(memory)?;
        // SAFETY: so many entries are left of the block from there on.
        let piece = unsafe { block.add(self.cut) };
        self.cut += capacity;
        Some(piece)
    }

    /// The block that pieces are cut from.
    fn block_in_use(&mut self, memory: &impl Metadata) -> Option<NonNull<Entry>> {
        let block = self.blocks.get_mut(self.block)?;
        if block.is_none() {
            let layout = Layout::array::<Entry>(entries_of(self.block)).ok()?;
            // Whole pages of it go back by themselves.
            let align = layout.size().min(PAGES);
            *block = Some(memory.metadata(layout.align_to(align).ok()?)?.cast());
        }
        *block
    }

    /// Takes a piece of `capacity` entries back.
    ///
    /// # Safety
    /// It was [taken](Self::take), as large, and nobody uses it any more.
    pub(crate) unsafe fn put(&mut self, piece: NonNull<Entry>, capacity: usize) {
        if let Some(unused) = self.unused.get_mut(capacity.ilog2() as usize) {
            let next = unused.map_or(core::ptr::null_mut(), NonNull::as_ptr);
            // SAFETY: the piece is nobody else's (contract).
            unsafe { piece.write(next.cast()) };
            *unused = Some(piece);
        }
    }

    /// Bytes that pieces were cut from.
    pub(crate) fn bytes(&self) -> usize {
        (FIRST_BLOCK << self.block) - FIRST_BLOCK + self.cut * size_of::<Entry>()
    }

    /// Takes all pieces back, and gives up the pages of the blocks, of `page_size` bytes each, but for the first ones that have about
    /// `kept` bytes.
    ///
    /// # Safety
    /// Nobody uses a piece any more.
    pub(crate) unsafe fn clear(&mut self, memory: &impl Metadata, page_size: usize, kept: usize) {
        let used = self.block;
        *self = Self {
            blocks: self.blocks,
            ..Self::NONE
        };
        for (nth, block) in self.blocks.iter().enumerate().take(used + 1) {
            let bytes = FIRST_BLOCK << nth;
            let is_kept = bytes < page_size.max(PAGES) || bytes <= kept / 2;
            if let (Some(block), false) = (block, is_kept) {
                // SAFETY: a block of our own, of whole pages, in which there is nothing that anybody needs (contract).
                unsafe { memory.forget_metadata(block.cast(), bytes) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Memory that is never given back.
    struct Leaked;

    // SAFETY: blocks are leaked, so they stay, and are nobody else's.
    unsafe impl Metadata for Leaked {
        fn metadata(&self, layout: Layout) -> Option<NonNull<u8>> {
            // SAFETY: no layout of the tests is empty.
            NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })
        }
    }

    #[test]
    fn pieces_are_apart_and_have_entries_in_front() {
        let mut storage = Storage::NONE;
        let mut taken = BTreeMap::new();
        for step in 0..60 {
            let capacity = SMALLEST << (step * 7 % 11);
            let piece = storage.take(&Leaked, capacity).expect("there is memory");
            // SAFETY: so many entries may be read in front of it.
            let front = unsafe { piece.sub(ShuffleVector::FRONT) };
            // SAFETY: the same.
            let _ = unsafe { front.read() };
            // SAFETY: as many entries, and nobody else's.
            unsafe { piece.write_bytes(0xff, capacity) };
            taken.insert(piece.addr().get(), piece.addr().get() + capacity * 8);
        }
        let starts = taken.keys().skip(1);
        assert!(taken.values().zip(starts).all(|(end, next)| end <= next));
        assert_eq!(taken.len(), 60);
    }

    #[test]
    fn a_small_program_needs_one_small_block() {
        let mut storage = Storage::NONE;
        for _ in 0..15 {
            storage.take(&Leaked, SMALLEST).expect("there is memory");
        }
        assert_eq!(storage.block, 0);
        assert_eq!(storage.bytes(), FIRST_BLOCK - 4 * 8);
    }

    #[test]
    fn what_came_back_is_taken_again() {
        let mut storage = Storage::NONE;
        let pieces: Vec<_> = (0..3)
            .map(|_| storage.take(&Leaked, 32).expect("there is memory"))
            .collect();
        for &piece in &pieces {
            // SAFETY: taken above, and not used.
            unsafe { storage.put(piece, 32) };
        }
        let other = storage.take(&Leaked, 16).expect("there is memory");
        assert!(!pieces.contains(&other));
        for piece in pieces.iter().rev() {
            assert_eq!(storage.take(&Leaked, 32), Some(*piece));
        }
        // SAFETY: nobody uses them.
        unsafe { storage.clear(&Leaked, 4096, 0) };
        assert_eq!(storage.take(&Leaked, 32), Some(pieces[0]));
    }

    #[test]
    fn there_is_an_end() {
        let mut storage = Storage::NONE;
        let most = (0..).take_while(|_| storage.take(&Leaked, 1 << 17).is_some());
        assert!((1..100).contains(&most.count()));
        assert_eq!(storage.take(&Leaked, 1 << 17), None);
    }
}
