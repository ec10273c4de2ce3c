//! Blocks cut from large pieces, which all go back together.

mod pieces;

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::Heap;

use crate::bump::Bump;
use pieces::{HEADER, Pieces};

/// A heap that asks the heap below for chunks of `CHUNK` bytes and hands them out piece by piece, as [`Bump`] does. All
/// goes back when the zone is dropped, whether its blocks were given back or not.
///
/// The end of a chunk that is too small for a request is lost until then. Blocks that may not fit into a chunk come from
/// the heap below one by one, and return to it when they are given back.
pub struct Zone<H: Heap, const CHUNK: usize> {
    current: Bump,
    /// The chunks, and the blocks that are too large for one.
    pieces: Pieces<H>,
}

impl<H: Heap, const CHUNK: usize> Zone<H, CHUNK> {
    /// What a chunk has beside its header.
    const BODY: Layout = match Layout::from_size_align(CHUNK.saturating_sub(HEADER.size()), 16) {
        Ok(layout) if CHUNK > HEADER.size() => layout,
        _ => panic!("a chunk has room for its header and fits the address space"),
    };

    /// How a chunk is asked for: a layer below may keep chunks for the next zone.
    pub const CHUNK_LAYOUT: Layout = match pieces::with_header(Self::BODY) {
        Some((whole, _)) => whole,
        None => panic!("a chunk fits the address space"),
    };

    /// A zone that has no chunk yet.
    pub const fn new(below: H) -> Self {
        Self {
            current: Bump::EMPTY,
            pieces: Pieces::over(below),
        }
    }

    /// Whether a fresh chunk certainly has room for a block.
    const fn fits_chunk(layout: Layout) -> bool {
        layout.size().saturating_add(layout.align() - 1) <= Self::BODY.size()
    }

    /// Makes a fresh chunk the current one; `None`, with nothing changed, when the heap below has none.
    #[cold]
    #[inline(never)]
    fn next_chunk(&mut self) -> Option<()> {
        let body = self.pieces.take(Self::BODY)?;
        let body = NonNull::slice_from_raw_parts(body, Self::BODY.size());
        // SAFETY: the piece is ours until `drop`, and only this `Bump` uses it.
        self.current = unsafe { Bump::over(body) };
        Some(())
    }
}

// SAFETY: blocks come from a `Bump` over a piece of memory, or are such a piece; which of the two follows from the layout
// alone, so each goes back to where it came from.
unsafe impl<H: Heap, const CHUNK: usize> Heap for Zone<H, CHUNK> {
    #[inline]
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        if !Self::fits_chunk(layout) {
            return self.pieces.take(layout);
        }
        if let Some(block) = self.current.allocate(layout) {
            return Some(block);
        }
        self.next_chunk()?;
        self.current.allocate(layout)
    }

    #[inline]
    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        if Self::fits_chunk(layout) {
            // SAFETY: the block came from this `Bump` or from the one of an older chunk. The latter is not taken for the
            // newest block, since the header of the current chunk lies between it and anything cut from this chunk.
            unsafe { self.current.deallocate(block, layout) }
        } else {
            // SAFETY: `allocate` took a piece for this layout.
            unsafe { self.pieces.give_back(block) }
        }
    }
}
