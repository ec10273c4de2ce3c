//! The shared pages of meshed groups.
//!
//! A window mirrors the arena: the shared pages of the span at page *p* are at page *p* of the window. Chunks of it are
//! mapped when they are first needed, so a program that never meshes has none.
//!
//! A child of a fork gets neither the window nor the spans on its pages, which are second mappings of it: it would write to its
//! parent's pages. It gets the window that was made for it, the snapshot.

use core::ops::Range;
use core::ptr::NonNull;

use heap::{PageIndex, Preset, Run};

use crate::os::{Advice, Errno, Os, Purpose};
use crate::site::{CHUNK_ENTRY, Site, chunk_pages};
use crate::table::Table;
use crate::tuning::{MOST_AS_ONE, WINDOW_CHUNK};

/// The first of the two tables of chunks among those of a site.
const FIRST_TABLE: usize = 3;

/// A piece of a window: its address, or null when it is not mapped. The lowest bit says that it is *warm*: it may have entries
/// in the page tables.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Chunk(*mut u8);

const _: () = assert!(size_of::<Chunk>() == CHUNK_ENTRY);

impl Chunk {
    fn forget(&mut self) {
        // Entries that were never written need no memory.
        if !self.0.is_null() {
            *self = Self(core::ptr::null_mut());
        }
    }

    fn address(self) -> Option<NonNull<u8>> {
        NonNull::new(self.0.map_addr(|address| address & !1))
    }

    fn is_warm(self) -> bool {
        self.0.addr() & 1 == 1
    }

    fn set_warm(&mut self, warm: bool) {
        self.0 = self.0.map_addr(|address| address & !1 | usize::from(warm));
    }
}

pub(crate) struct Window {
    /// Whether it is made for a child, which gets it then.
    inherited: bool,
    /// Whether it has the second of the site's two tables of chunks.
    is_second: bool,
    /// The chunks by number, absent at first. There with the first chunk.
    chunks: Option<Table>,
    /// Chunks that are mapped.
    mapped: usize,
    /// Chunks outside of `warm_from..warm_to` are not warm.
    warm_from: Preset<{ usize::MAX }>,
    warm_to: usize,
    /// What was opened last, and is still.
    opened: Option<Run>,
}

// SAFETY: the table of chunks is owned by the window.
unsafe impl Send for Window {}

impl Window {
    /// The window of this process. All bytes are zero.
    pub(crate) const fn new() -> Self {
        Self {
            inherited: false,
            is_second: false,
            chunks: None,
            mapped: 0,
            warm_from: Preset::new(),
            warm_to: 0,
            opened: None,
        }
    }

    /// The window of a child to come.
    pub(crate) fn snapshot() -> Self {
        Self {
            inherited: true,
            is_second: true,
            ..Self::new()
        }
    }

    /// Chunks that are mapped.
    pub(crate) fn mapped(&self) -> usize {
        self.mapped
    }

    /// The chunks `range`, as far as there are entries for them.
    fn table(&mut self, range: Range<usize>) -> &mut [Chunk] {
        let Some(chunks) = &self.chunks else {
            return &mut [];
        };
        let covered = chunks.covered();
        let start = range.start.max(covered.start);
        let Some(count) = range.end.min(covered.end).checked_sub(start) else {
            return &mut [];
        };
        let first = core::ptr::with_exposed_provenance_mut::<Chunk>(chunks.address(start));
        // SAFETY: these entries are mapped for good, any bytes are valid, and `&mut self` is the only way to them.
        unsafe { core::slice::from_raw_parts_mut(first, count) }
    }

    fn entry(&mut self, chunk: usize) -> Option<&mut Chunk> {
        self.table(chunk..chunk + 1).first_mut()
    }

    /// All chunks that may be mapped.
    fn all(&mut self) -> &mut [Chunk] {
        self.table(0..usize::MAX)
    }

    /// The window's address of page `page`, if its chunk is mapped.
    pub(crate) fn address<O: Os>(&mut self, page: PageIndex) -> Option<NonNull<u8>> {
        let offset = page.index() * O::PAGE_SIZE;
        let chunk = self.entry(offset / WINDOW_CHUNK)?.address()?;
        // SAFETY: the offset within the chunk is smaller than the chunk.
        Some(unsafe { chunk.add(offset % WINDOW_CHUNK) })
    }

    /// Maps the chunk of `run` and makes its pages present. `site` is where the arena is.
    pub(crate) fn open<O: Os>(
        &mut self,
        os: &O,
        site: &Site,
        run: Run,
    ) -> Result<NonNull<u8>, Errno> {
        if self.opened == Some(run)
            && let Some(at) = self.address::<O>(run.first)
        {
            return Ok(at);
        }
        let first = run.first.index() * O::PAGE_SIZE;
        let len = run.pages.index() * O::PAGE_SIZE;
        let chunk = first / WINDOW_CHUNK;
        if (first + len - 1) / WINDOW_CHUNK != chunk {
            // A run that crosses from one chunk into the next cannot be mapped in one piece.
            return Err(Errno::ENOMEM);
        }
        self.cover(os, site, chunk..chunk + 1)?;
        if self.address::<O>(run.first).is_none() {
            let mapped = os.map_shared(WINDOW_CHUNK)?;
            os.name(mapped, WINDOW_CHUNK, Purpose::Shared);
            // Hints: without them huge pages or core dumps would cost memory, but nothing would be wrong.
            let _ = os.advise(mapped, WINDOW_CHUNK, Advice::NotInDumps);
            let _ = os.advise(mapped, WINDOW_CHUNK, Advice::NoHugePages);
            if !self.inherited
                && let Err(refused) = keep_from_children(os, mapped)
            {
                // SAFETY: mapped above, and nobody knows it.
                let _ = unsafe { os.unmap(mapped, WINDOW_CHUNK) };
                return Err(refused);
            }
            if let Some(entry) = self.entry(chunk) {
                *entry = Chunk(mapped.as_ptr());
            }
            self.mapped += 1;
        }
        let at = self.address::<O>(run.first).ok_or(Errno::ENOMEM)?;
        // SAFETY: pages of the window, which is readable and writable.
        unsafe { os.populate(at, len) }?;
        self.warm_from.lower(chunk);
        self.warm_to = self.warm_to.max(chunk + 1);
        let entry = self.entry(chunk);
        if let Some(entry) = entry.filter(|entry| !entry.is_warm()) {
            entry.set_warm(true);
            if let Some(chunk) = entry.address() {
                // What is put onto the pages while they are open belongs into dumps, as the window itself does not.
                let _ = os.advise(chunk, WINDOW_CHUNK, Advice::InDumps);
            }
        }
        self.opened = Some(run);
        Ok(at)
    }

    /// Maps all chunks that the pages `from..to` are in, none of which is mapped, as one mapping: where no more can be had. It
    /// is for a snapshot, which has few to spare at the limit.
    pub(crate) fn map_as_one<O: Os>(
        &mut self,
        os: &O,
        site: &Site,
        pages: Range<usize>,
    ) -> Result<(), Errno> {
        let in_chunk = chunk_pages(O::PAGE_SIZE);
        let chunks = pages.start / in_chunk..pages.end.div_ceil(in_chunk);
        if chunks.is_empty() || chunks.len() > MOST_AS_ONE {
            return Err(Errno::ENOMEM);
        }
        debug_assert!(self.inherited && self.mapped == 0);
        self.cover(os, site, chunks.clone())?;
        let len = chunks.len() * WINDOW_CHUNK;
        let mapped = os.map_shared(len)?;
        os.name(mapped, len, Purpose::Shared);
        // Hints, as for a single chunk.
        let _ = os.advise(mapped, len, Advice::NotInDumps);
        let _ = os.advise(mapped, len, Advice::NoHugePages);
        self.mapped = chunks.len();
        for (nth, entry) in self.table(chunks).iter_mut().enumerate() {
            // SAFETY: a chunk of the mapping.
            let chunk = unsafe { mapped.add(nth * WINDOW_CHUNK) };
            *entry = Chunk(chunk.as_ptr());
        }
        Ok(())
    }

    /// Has entries for the chunks `range`.
    fn cover<O: Os>(&mut self, os: &O, site: &Site, range: Range<usize>) -> Result<(), Errno> {
        let at = site
            .tables
            .get(FIRST_TABLE + usize::from(self.is_second))
            .copied()
            .unwrap_or_default();
        let count = site.pages.div_ceil(chunk_pages(O::PAGE_SIZE)) + 1;
        let new = || Table::new(at, CHUNK_ENTRY, count);
        let chunks = self.chunks.get_or_insert_with(new);
        chunks.cover(os, range).map_err(|_| Errno::ENOMEM)
    }

    /// The run's pages are gone: they must be made present again before anything is written to them.
    pub(crate) fn forget(&mut self, run: Run) {
        self.opened = self.opened.filter(|opened| !opened.overlaps(run));
    }

    /// Drops the page-table entries that opening and copying made; the pages stay.
    pub(crate) fn cool<O: Os>(&mut self, os: &O) {
        let range = self.warm_from.load()..self.warm_to;
        for warm in self.table(range) {
            if let (true, Some(chunk)) = (warm.is_warm(), warm.address()) {
                // SAFETY: of shared memory only this mapping's entries are dropped. Should the system refuse, they stay, which
                // costs page tables and nothing else.
                let _ = unsafe { os.discard(chunk, WINDOW_CHUNK) };
                let _ = os.advise(chunk, WINDOW_CHUNK, Advice::NotInDumps);
                warm.set_warm(false);
            }
        }
        self.opened = None;
        (self.warm_from, self.warm_to) = (Preset::new(), 0);
    }

    /// Unmaps all chunks.
    pub(crate) fn unmap<O: Os>(&mut self, os: &O) {
        self.each(|chunk| {
            // SAFETY: spans have mappings of their own; nobody keeps an address of the window.
            let _ = unsafe { os.unmap(chunk, WINDOW_CHUNK) };
        });
        self.all().iter_mut().for_each(Chunk::forget);
        self.opened = None;
        self.mapped = 0;
        (self.warm_from, self.warm_to) = (Preset::new(), 0);
    }

    /// In the child: the window that was made for it takes the place of its parent's.
    pub(crate) fn adopt<O: Os>(&mut self, os: &O, snapshot: &mut Self) {
        core::mem::swap(self, snapshot);
        core::mem::swap(&mut self.inherited, &mut snapshot.inherited);
        // Nothing is there, unless the system refused to leave it out.
        snapshot.unmap(os);
        self.each(|chunk| {
            // Refused, a child of this child could write to the same pages before its step.
            let _ = keep_from_children(os, chunk);
        });
    }

    fn each(&mut self, act: impl FnMut(NonNull<u8>)) {
        self.all()
            .iter()
            .filter_map(|chunk| chunk.address())
            .for_each(act);
    }
}

/// Leaves a chunk, and the spans that will be put onto its pages, out of children.
fn keep_from_children<O: Os>(os: &O, chunk: NonNull<u8>) -> Result<(), Errno> {
    os.advise(chunk, WINDOW_CHUNK, Advice::NotInChildren)
}
