//! Records by number. Their memory comes in chunks, each twice as large as the one before, which never move. Records that nobody uses
//! are used again, those with low numbers first, so that pages of records come free; their content goes back to the system.

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::Metadata;

use crate::leaf::{LEAF, Leaf};

/// Records of the first chunk.
const FIRST: usize = 32;
/// Enough for 2³² records.
const CHUNKS: usize = 28;
/// Bytes of the records of a leaf.
const LEAF_BYTES: usize = 4096;
/// Leaves that are looked at for content to give back at a time: somebody may wait for the pool.
const LEAVES_AT_ONCE: usize = 1 << 10;
/// Leaves that lie in the pool itself: the first chunks are small, and keep what they have.
const INSIDE: usize = 2;

/// A record of [`LEAF_BYTES`] / [`LEAF`] bytes that is valid when all its bytes are zero.
///
/// # Safety
/// It is.
pub(crate) unsafe trait Zeroed {}

pub(crate) struct Pool<T> {
    /// From the third on they have, behind their records, their leaves.
    chunks: [Option<NonNull<T>>; CHUNKS],
    inside: [Leaf; INSIDE],
    /// The leaves of all chunks.
    leaves: usize,
    /// No leaf below has a record that nobody uses.
    lowest: usize,
    /// Leaves outside of the pool with content, of whose records nobody uses any.
    idle: usize,
    /// No record from this number on is in use.
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

/// The leaf of record `number`, and its place there. The first leaf has the first chunk at its end.
const fn leaf_place(number: u32) -> (usize, usize) {
    let shifted = number as usize + FIRST;
    (shifted / LEAF, shifted % LEAF)
}

/// The chunk of a leaf, and its place there.
const fn chunk_of_leaf(leaf: usize) -> (usize, usize) {
    match leaf {
        0 => (0, 0),
        _ => (leaf.ilog2() as usize + 1, leaf - (1 << leaf.ilog2())),
    }
}

const _: () = assert!(2 * FIRST == LEAF && matches!(leaf_place(FIRST as u32), (1, 0)));
const _: () = assert!(matches!(chunk_of_leaf(1), (1, 0)));
const _: () = assert!(matches!(chunk_of_leaf(INSIDE), (2, 0)));

/// Pages side by side whose content is to go: they go together.
struct Gone(Option<(NonNull<u8>, usize)>);

impl Gone {
    const NOTHING: Self = Self(None);

    /// Adds a page. What it does not follow goes at once.
    ///
    /// # Safety
    /// Nobody needs its content before it is forgotten. It is of records of a chunk: so what it follows is of the same one, since behind
    /// its records each has leaves.
    unsafe fn add(&mut self, memory: &impl Metadata, start: NonNull<u8>, len: usize) {
        match &mut self.0 {
            // SAFETY: the end of a range of a block.
            Some((first, before)) if unsafe { first.add(*before) } == start => *before += len,
            _ => {
                self.forget(memory);
                self.0 = Some((start, len));
            }
        }
    }

    fn forget(&mut self, memory: &impl Metadata) {
        if let Some((start, len)) = self.0.take() {
            // SAFETY: nobody needs the content (contract of `add`).
            unsafe { memory.forget_metadata(start, len) };
        }
    }
}

impl<T: Zeroed> Pool<T> {
    const RECORDS_ARE_AS_LARGE_AS_LEAVES_SAY: () = assert!(size_of::<T>() * LEAF == LEAF_BYTES);

    /// Without records. All bytes are zero.
    pub(crate) const fn new() -> Self {
        let () = Self::RECORDS_ARE_AS_LARGE_AS_LEAVES_SAY;
        Self {
            chunks: [None; CHUNKS],
            inside: [Leaf::NEW; INSIDE],
            leaves: 0,
            lowest: 0,
            idle: 0,
            len: 0,
        }
    }

    /// All records that are in use have lower numbers.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Records that are in use. Counts them.
    pub(crate) fn used(&self) -> usize {
        let leaves = (0..self.leaves).filter_map(|leaf| self.leaf(leaf));
        let used: usize = leaves.map(Leaf::used).sum();
        used - if self.leaves > 0 { FIRST } else { 0 }
    }

    /// Bytes that [`trim`](Self::trim) could give back, if pages are small.
    pub(crate) fn idle_bytes(&self) -> usize {
        self.idle * LEAF_BYTES
    }

    /// The lowest record that nobody uses is in use from now on; its content may be any. `None` when there is no memory.
    pub(crate) fn add(&mut self, memory: &impl Metadata) -> Option<u32> {
        let has_room = |&leaf: &usize| self.leaf(leaf).is_some_and(|leaf| !leaf.is_full());
        let leaf = match (self.lowest..self.leaves).find(has_room) {
            Some(leaf) => leaf,
            None => self.add_chunk(memory)?,
        };
        self.lowest = leaf;
        let is_outside = leaf >= INSIDE;
        let place = self.leaf_mut(leaf)?;
        let was_idle = is_outside && place.is_idle();
        let number = u32::try_from(leaf * LEAF + place.take()? - FIRST).ok()?;
        self.idle -= usize::from(was_idle);
        self.len = self.len.max(number.checked_add(1)?);
        Some(number)
    }

    /// Makes room for more records; returns the first leaf of it.
    #[inline(never)]
    fn add_chunk(&mut self, memory: &impl Metadata) -> Option<usize> {
        let first = self.leaves;
        let (chunk, _) = chunk_of_leaf(first);
        let mut layout = Layout::array::<T>(FIRST << chunk).ok()?;
        if first >= INSIDE {
            let leaves = Layout::array::<Leaf>(first).ok()?;
            let (with_leaves, _) = layout.extend(leaves).ok()?;
            layout = with_leaves.align_to(LEAF_BYTES).ok()?;
        }
        let slot = self.chunks.get_mut(chunk)?;
        *slot = Some(memory.metadata(layout)?.cast());
        if first == 0 {
            self.inside[0] = Leaf::without(FIRST as u32);
        }
        self.leaves += first.max(1);
        Some(first)
    }

    /// Nobody uses a record any more.
    pub(crate) fn remove(&mut self, number: u32) {
        let (at, bit) = leaf_place(number);
        let Some(leaf) = self.leaf_mut(at) else {
            return;
        };
        leaf.give_back(bit);
        let is_idle = at >= INSIDE && leaf.is_idle();
        self.idle += usize::from(is_idle);
        self.lowest = self.lowest.min(at);
    }

    /// Gives back the content of pages of records that nobody uses: of `all`, or of those that were so the last time too. Looks at
    /// [`LEAVES_AT_ONCE`] leaves from `from` on; returns where to go on, if there are more.
    pub(crate) fn trim(
        &mut self,
        memory: &impl Metadata,
        from: usize,
        page: usize,
        all: bool,
    ) -> Option<usize> {
        if self.idle == 0 {
            return None;
        }
        let mut gone = Gone::NOTHING;
        let mut leaf = from.max(INSIDE);
        let end = self.leaves.min(leaf + LEAVES_AT_ONCE);
        while leaf < end {
            leaf += self.trim_page(memory, &mut gone, leaf, (page, all));
        }
        gone.forget(memory);
        if leaf < self.leaves {
            return Some(leaf);
        }
        let used = |&leaf: &usize| self.leaf(leaf).is_some_and(|leaf| leaf.used() > 0);
        let last = (0..self.leaves).rev().find(used);
        let end = last.map_or(0, |leaf| (leaf + 1) * LEAF - FIRST);
        self.len = self.len.min(end as u32);
        None
    }

    /// [`trim`](Self::trim) for the page that begins with this leaf, if one does; returns the leaves that were looked at. The content
    /// goes with that of `gone`.
    fn trim_page(
        &mut self,
        memory: &impl Metadata,
        gone: &mut Gone,
        first: usize,
        (page, all): (usize, bool),
    ) -> usize {
        let (chunk, place) = chunk_of_leaf(first);
        let in_chunk = 1 << (chunk - 1);
        let leaves = (page / LEAF_BYTES).max(1);
        let Some(start) = self.chunks.get(chunk).copied().flatten() else {
            return leaves;
        };
        // SAFETY: the chunk has so many leaves of records.
        let start = unsafe { start.cast::<u8>().add(place * LEAF_BYTES) };
        if !start.addr().get().is_multiple_of(page) || place + leaves > in_chunk {
            return 1;
        }
        let page_leaves = first..first + leaves;
        let may_go =
            |leaf: &Leaf| leaf.used() == 0 && (all || leaf.was_seen_idle() || !leaf.is_idle());
        let known = page_leaves.clone().filter_map(|leaf| self.leaf(leaf));
        let may_all_go = known.clone().all(may_go);
        let idle = known.filter(|leaf| leaf.is_idle()).count();
        let goes = may_all_go && idle > 0;
        if goes {
            // SAFETY: a page of this chunk, of whose records nobody uses any before `trim` is over.
            unsafe { gone.add(memory, start, leaves * LEAF_BYTES) };
            self.idle -= idle;
        }
        for leaf in page_leaves {
            match self.leaf_mut(leaf) {
                Some(leaf) if goes => *leaf = Leaf::NEW,
                Some(leaf) => leaf.see(),
                None => {}
            }
        }
        leaves
    }

    /// Where a leaf outside of the pool is.
    fn leaf_at(&self, leaf: usize) -> Option<NonNull<Leaf>> {
        if leaf >= self.leaves {
            return None;
        }
        let (chunk, place) = chunk_of_leaf(leaf);
        let start = (*self.chunks.get(chunk)?)?;
        // SAFETY: behind its `FIRST << chunk` records the chunk has its leaves.
        let leaves = unsafe { start.add(FIRST << chunk) }.cast::<Leaf>();
        // SAFETY: `place` is one of them.
        Some(unsafe { leaves.add(place) })
    }

    fn leaf(&self, leaf: usize) -> Option<&Leaf> {
        if let Some(inside) = self.inside.get(leaf) {
            return Some(inside);
        }
        // SAFETY: the leaf exists, zero or written since (a valid value either way), and `&self` keeps writers away.
        self.leaf_at(leaf).map(|leaf| unsafe { leaf.as_ref() })
    }

    fn leaf_mut(&mut self, leaf: usize) -> Option<&mut Leaf> {
        if leaf < INSIDE {
            return self.inside.get_mut(leaf);
        }
        // SAFETY: as above; `&mut self` keeps everybody else away.
        self.leaf_at(leaf).map(|mut leaf| unsafe { leaf.as_mut() })
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

    /// A record: of one that nobody uses, zeros or what it was.
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
