//! Memory for the length of one search.

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::PageHeap;
use meshing::{Candidate, Merge, Mesher};

/// What a search reads and writes, in one mapping: the candidates, the merges found, and the mesher's own words.
pub(crate) struct Scratch<'a, P: PageHeap> {
    pages: &'a P,
    start: NonNull<u8>,
    bytes: usize,
    candidates: NonNull<[Candidate]>,
    merges: NonNull<[Merge]>,
    words: NonNull<[u32]>,
}

/// The parts of a [`Scratch`], zeroed at first.
pub(crate) struct Parts<'s> {
    pub(crate) candidates: &'s mut [Candidate],
    pub(crate) merges: &'s mut [Merge],
    pub(crate) words: &'s mut [u32],
}

impl<'a, P: PageHeap> Scratch<'a, P> {
    /// Room for `M` to search among `candidates` candidates of `slots` slots; `None` when there is no memory.
    pub(crate) fn new<M: Mesher>(pages: &'a P, candidates: usize, slots: usize) -> Option<Self> {
        let words = M::scratch_words(candidates, slots);
        let first = Layout::array::<Candidate>(candidates).ok()?;
        let (layout, merges_at) = first
            .extend(Layout::array::<Merge>(candidates).ok()?)
            .ok()?;
        let (layout, words_at) = layout.extend(Layout::array::<u32>(words).ok()?).ok()?;
        let bytes = layout.size().max(1);
        let start = pages.map_scratch(bytes)?;
        // SAFETY: the offset lies in the layout.
        let merges = unsafe { start.add(merges_at) };
        // SAFETY: the offset lies in the layout.
        let own = unsafe { start.add(words_at) };
        Some(Self {
            pages,
            start,
            bytes,
            candidates: NonNull::slice_from_raw_parts(start.cast(), candidates),
            merges: NonNull::slice_from_raw_parts(merges.cast(), candidates),
            words: NonNull::slice_from_raw_parts(own.cast(), words),
        })
    }

    pub(crate) fn parts(&mut self) -> Parts<'_> {
        // SAFETY: part of a zeroed mapping of our own; zeros are valid candidates; `&mut self` makes it unique.
        let candidates = unsafe { self.candidates.as_mut() };
        // SAFETY: part of a zeroed mapping of our own, behind the candidates; zeros are valid merges; `&mut self` makes it unique.
        let merges = unsafe { self.merges.as_mut() };
        // SAFETY: part of a zeroed mapping of our own, behind the merges; `&mut self` makes it unique.
        let words = unsafe { self.words.as_mut() };
        Parts {
            candidates,
            merges,
            words,
        }
    }
}

impl<P: PageHeap> Drop for Scratch<'_, P> {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`; the borrows from `parts` have ended.
        unsafe { self.pages.unmap_scratch(self.start, self.bytes) };
    }
}
