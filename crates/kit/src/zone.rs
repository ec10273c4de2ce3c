//! Small blocks cut from large ones, given back all together.

use core::alloc::Layout;
use core::mem;
use core::ptr::NonNull;

use heap::Heap;

use crate::bump::Bump;

/// The first bytes of a chunk. Chunks form a list so that the zone can give them back.
struct Chunk {
    older: Option<NonNull<Chunk>>,
}

/// Alignment of a chunk, and the room its header takes, in bytes.
const HEADER: usize = 16;
const _: () = assert!(size_of::<Chunk>() <= HEADER && align_of::<Chunk>() <= HEADER);

/// A heap that asks the heap below for chunks of `CHUNK` bytes and hands them out piece by piece, as [`Bump`] does. The
/// chunks go back when the zone is dropped.
///
/// The end of a chunk that is too small for a request is lost until then. Blocks that may not fit into a chunk come from
/// the heap below and go back to it one by one.
pub struct Zone<H: Heap, const CHUNK: usize> {
    current: Bump,
    chunks: Option<NonNull<Chunk>>,
    below: H,
}

// SAFETY: the chunks belong to the zone alone and go wherever it goes.
unsafe impl<H: Heap + Send, const CHUNK: usize> Send for Zone<H, CHUNK> {}

impl<H: Heap, const CHUNK: usize> Zone<H, CHUNK> {
    const CHUNK_LAYOUT: Layout = match Layout::from_size_align(CHUNK, HEADER) {
        Ok(layout) if CHUNK > HEADER => layout,
        _ => panic!("a chunk has room for its header and fits the address space"),
    };

    /// A zone that has no chunk yet.
    pub const fn new(below: H) -> Self {
        Self {
            current: Bump::EMPTY,
            chunks: None,
            below,
        }
    }

    /// Whether a fresh chunk certainly has room for a block.
    const fn fits_chunk(layout: Layout) -> bool {
        layout.size().saturating_add(layout.align() - 1) <= Self::CHUNK_LAYOUT.size() - HEADER
    }

    /// Makes a fresh chunk the current one; `None`, with nothing changed, when the heap below has none.
    #[cold]
    #[inline(never)]
    fn next_chunk(&mut self) -> Option<()> {
        let chunk = self.below.allocate(Self::CHUNK_LAYOUT)?;
        let header = chunk.cast::<Chunk>();
        // SAFETY: the chunk is ours alone, and has room and alignment for a header.
        unsafe { header.write(Chunk { older: self.chunks }) };
        self.chunks = Some(header);
        // SAFETY: a chunk is longer than its header.
        let body = unsafe { chunk.add(HEADER) };
        let body = NonNull::slice_from_raw_parts(body, CHUNK - HEADER);
        // SAFETY: the rest of the chunk is ours until `drop`, and only this `Bump` uses it.
        self.current = unsafe { Bump::over(body) };
        Some(())
    }
}

// SAFETY: blocks come from a `Bump` over memory of the heap below, or from that heap itself; which of the two follows
// from the layout alone, so each goes back to where it came from.
unsafe impl<H: Heap, const CHUNK: usize> Heap for Zone<H, CHUNK> {
    #[inline]
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        if !Self::fits_chunk(layout) {
            return self.below.allocate(layout);
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
            // SAFETY: `allocate` sent this layout to the heap below.
            unsafe { self.below.deallocate(block, layout) }
        }
    }
}

impl<H: Heap, const CHUNK: usize> Drop for Zone<H, CHUNK> {
    fn drop(&mut self) {
        let mut chunks = mem::take(&mut self.chunks);
        while let Some(chunk) = chunks {
            // SAFETY: `next_chunk` wrote this header, and no block covers it.
            chunks = unsafe { chunk.read() }.older;
            // SAFETY: the chunk came from there with this layout; blocks in it end with the zone.
            unsafe { self.below.deallocate(chunk.cast(), Self::CHUNK_LAYOUT) };
        }
    }
}
