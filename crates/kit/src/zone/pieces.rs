//! What a zone has from the heap below, in a list, so that all of it can go back.
//!
//! ```text
//!  from the heap below         what `take` returns
//!  v                           v
//!  +-----------+---------------+------------- - - --+
//!  |  padding  |     Piece     |  as much as asked  |
//!  +-----------+---------------+------------- - - --+
//! ```

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::Heap;

/// What lies in front of each piece.
struct Piece {
    newer: Option<NonNull<Piece>>,
    older: Option<NonNull<Piece>>,
    /// What was asked for.
    layout: Layout,
}

/// The layout of a header.
pub(super) const HEADER: Layout = Layout::new::<Piece>();

/// Pieces of the heap below. They go back one by one, or all when this is dropped.
pub(super) struct Pieces<H: Heap> {
    newest: Option<NonNull<Piece>>,
    below: H,
}

// SAFETY: the pieces belong to the list alone and go wherever it goes.
unsafe impl<H: Heap + Send> Send for Pieces<H> {}

/// The layout of a piece with its header, and where in it the piece begins.
pub(super) const fn with_header(layout: Layout) -> Option<(Layout, usize)> {
    match HEADER.extend(layout) {
        Ok(whole) => Some(whole),
        Err(_) => None,
    }
}

impl<H: Heap> Pieces<H> {
    /// None yet.
    pub(super) const fn over(below: H) -> Self {
        Self {
            newest: None,
            below,
        }
    }

    /// A piece of `layout`; `None`, with nothing changed, when the heap below has none.
    pub(super) fn take(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let (whole, front) = with_header(layout)?;
        let whole = self.below.allocate(whole)?;
        // SAFETY: the piece begins inside what was asked for, or at its end.
        let start = unsafe { whole.add(front) };
        // SAFETY: the front has room for a header, and is aligned for one where it ends, as the whole is.
        let piece = unsafe { start.cast::<Piece>().sub(1) };
        let header = Piece {
            newer: None,
            older: self.newest,
            layout,
        };
        // SAFETY: the front is ours.
        unsafe { piece.write(header) };
        if let Some(mut older) = self.newest {
            // SAFETY: a piece in the list has a header, to which there is no other reference.
            unsafe { older.as_mut() }.newer = Some(piece);
        }
        self.newest = Some(piece);
        Some(start)
    }

    /// Gives a piece back to the heap below.
    ///
    /// # Safety
    /// `start` came from [`take`](Self::take), has not been given back since, and nobody uses the piece any more.
    pub(super) unsafe fn give_back(&mut self, start: NonNull<u8>) {
        // SAFETY: `take` put a header in front.
        let piece = unsafe { start.cast::<Piece>().sub(1) };
        // SAFETY: `take` wrote it, and no block covers it.
        let Piece {
            newer,
            older,
            layout,
        } = unsafe { piece.read() };
        if let Some(mut older) = older {
            // SAFETY: a piece in the list has a header, to which there is no other reference.
            unsafe { older.as_mut() }.newer = newer;
        }
        match newer {
            // SAFETY: as before.
            Some(mut newer) => unsafe { newer.as_mut() }.older = older,
            None => self.newest = older,
        }
        if let Some((whole, front)) = with_header(layout) {
            // SAFETY: `take` added this much.
            let start = unsafe { start.sub(front) };
            // SAFETY: `take` asked for it with this layout, and the caller gives it up.
            unsafe { self.below.deallocate(start, whole) };
        }
    }
}

impl<H: Heap> Drop for Pieces<H> {
    fn drop(&mut self) {
        while let Some(piece) = self.newest {
            // SAFETY: a piece follows its header.
            let start = unsafe { piece.add(1) };
            // SAFETY: it is in the list, so it is not back yet, and no block outlives the zone.
            unsafe { self.give_back(start.cast()) };
        }
    }
}
