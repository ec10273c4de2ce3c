//! The tables indexed by page: what each page holds, whose record it belongs to, and the links of unused runs.
//!
//! | table | bytes per page | read by |
//! |---|---|---|
//! | labels | 4 | `free`, on its fast path |
//! | records | 4 | the slow paths: the span's id and whether it lies on shared pages; the length of a large object or of an unused run |
//! | links | 16 | the run store: the neighbours in its lists; of a page on shared ones, in the first link: on which; of a page that names shared ones, in the second: that they are there |
//!
//! Each entry has a fixed address, and is mapped when the arena comes near its page. Entries inside of an unused run whose pages have gone back are
//! forgotten, where they are alone on pages of the table.

use core::ops::Range;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use heap::{Label, Labels, PageIndex, Run};
use sync::Word;

use crate::os::{NotMapped, Os};
use crate::site::{LINKS_ENTRY, PAGE_ENTRIES, Site, WORD_ENTRY};
use crate::table::Table;

/// The links of a page.
type Links = [AtomicUsize; 2];

const _: () = assert!(size_of::<Word>() == WORD_ENTRY && size_of::<Links>() == LINKS_ENTRY);

/// The bit of a span's record that says that the span lies on shared pages.
const SHARED: u32 = 1 << 31;
/// The bit of a record that says that the program gave the page a property of its own.
const ADVISED: u32 = 1 << 30;

/// What is mapped of the tables. Whoever has the lock of the arena's state has it too.
pub(crate) struct Tables {
    labels: Table,
    records: Table,
    links: Table,
}

impl Tables {
    /// The tables of a site; nothing is mapped yet.
    pub(crate) const fn at(site: &Site) -> Self {
        let [labels, records, links, ..] = site.tables;
        Self {
            labels: Table::new(labels, WORD_ENTRY, site.pages),
            records: Table::new(records, WORD_ENTRY, site.pages),
            links: Table::new(links, LINKS_ENTRY, site.pages),
        }
    }

    /// Maps the entries of `pages`, and all between them and what is mapped already.
    pub(crate) fn cover<O: Os>(&mut self, os: &O, pages: Range<usize>) -> Result<(), NotMapped> {
        self.each(|table| table.cover(os, pages.clone()))
    }

    /// Unmaps everything, where nobody has used it yet.
    pub(crate) fn clear<O: Os>(&mut self, os: &O) {
        let _ = self.each(|table| {
            table.clear(os);
            Ok(())
        });
    }

    fn each(
        &mut self,
        mut act: impl FnMut(&mut Table) -> Result<(), NotMapped>,
    ) -> Result<(), NotMapped> {
        [&mut self.labels, &mut self.records, &mut self.links]
            .into_iter()
            .try_for_each(&mut act)
    }

    /// Says what they are for.
    pub(crate) fn name<O: Os>(&self, os: &O) {
        for table in [&self.labels, &self.records, &self.links] {
            table.name(os);
        }
    }

    /// Bytes that are mapped.
    pub(crate) fn bytes(&self) -> usize {
        [&self.labels, &self.records, &self.links]
            .map(Table::bytes)
            .iter()
            .sum()
    }

    /// Pages whose entries are mapped in all tables.
    fn covered(&self) -> Range<usize> {
        let [a, b, c] = [&self.labels, &self.records, &self.links].map(Table::covered);
        a.start.max(b.start).max(c.start)..a.end.min(b.end).min(c.end)
    }
}

/// The entries. Every index is checked against what is mapped, which only ever grows.
pub(crate) struct PageMap {
    site: Site,
    page_shift: u32,
    first: AtomicUsize,
    end: AtomicUsize,
}

impl PageMap {
    /// The entries of `tables`, which are those of `site`.
    ///
    /// # Safety
    /// The tables stay mapped for as long as this value is used, and nothing else has their memory.
    pub(crate) unsafe fn new(site: Site, page: usize, tables: &Tables) -> Self {
        let covered = tables.covered();
        Self {
            site,
            page_shift: page.trailing_zeros(),
            first: AtomicUsize::new(covered.start),
            end: AtomicUsize::new(covered.end),
        }
    }

    /// Lets the entries be used that the tables have gained. The caller has the lock of the state.
    ///
    /// # Safety
    /// `tables` are those that this value was made with.
    pub(crate) unsafe fn follow(&self, tables: &Tables) {
        let covered = tables.covered();
        // Release: what is mapped is there for whoever sees the new bounds (pairs with `covered`).
        self.first.store(covered.start, Ordering::Release);
        self.end.store(covered.end, Ordering::Release);
    }

    /// Pages that have entries: of two states that were seen, a part of the newer one.
    fn covered(&self) -> Range<usize> {
        // Acquire: pairs with `follow`.
        self.first.load(Ordering::Acquire)..self.end.load(Ordering::Acquire)
    }

    /// Whether all of these pages have entries.
    pub(crate) fn covers(&self, pages: &Range<usize>) -> bool {
        let covered = self.covered();
        covered.start <= pages.start && pages.end <= covered.end
    }

    /// What never changes.
    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// The pages that have labels now, for `free`.
    pub(crate) fn labels(&self) -> Labels {
        let covered = self.covered();
        let words = self.site.tables[0] + covered.start * WORD_ENTRY;
        let Some(words) = NonNull::new(core::ptr::with_exposed_provenance_mut(words)) else {
            return Labels::none();
        };
        let start = self.address(PageIndex(covered.start));
        // SAFETY: these words are mapped, and stay so (see `new`).
        unsafe {
            Labels::new(
                PageIndex(covered.start),
                start,
                covered.len(),
                self.page_shift,
                words,
            )
        }
    }

    /// The address of a page.
    pub(crate) fn address(&self, page: PageIndex) -> usize {
        self.site.base + (page.0 << self.page_shift)
    }

    fn entry<T>(&self, table: usize, page: PageIndex) -> Option<&T> {
        if !self.covered().contains(&page.0) {
            return None;
        }
        let entry = core::ptr::with_exposed_provenance::<T>(table + page.0 * size_of::<T>());
        // SAFETY: the entry is mapped (checked just now), an atomic, and stays for as long as `self` is used (see `new`).
        unsafe { entry.as_ref() }
    }

    // Labels and records change under a lock of the caller, or are hints.

    fn label_word(&self, page: PageIndex) -> Option<&Word> {
        self.entry(self.site.tables[0], page)
    }

    fn record_word(&self, page: PageIndex) -> Option<&Word> {
        self.entry(self.site.tables[1], page)
    }

    fn links(&self, page: PageIndex) -> Option<&Links> {
        self.entry(self.site.tables[2], page)
    }

    pub(crate) fn label(&self, page: PageIndex) -> Label {
        self.label_word(page)
            .map_or(Label::UNTOUCHED, |word| Label(word.read()))
    }

    pub(crate) fn set_label(&self, page: PageIndex, label: Label) {
        if let Some(word) = self.label_word(page) {
            word.write(label.0);
        }
    }

    /// Changes a label from `old` to `new`, unless it has become another one.
    pub(crate) fn exchange_label(&self, page: PageIndex, old: Label, new: Label) {
        if let Some(word) = self.label_word(page) {
            word.exchange(old.0, new.0);
        }
    }

    /// Gives back the memory of the entries inside of `whole`, an unused run, which lie on pages with those of `part` of it. What is known
    /// of an unused run is at its ends.
    ///
    /// # Safety
    /// The caller has the lock of the state, and the run is in a store.
    pub(crate) unsafe fn forget_inside<O: Os>(&self, os: &O, whole: Run, part: Run) {
        for (table, size) in self.site.tables.into_iter().zip(PAGE_ENTRIES) {
            let on_page = os.system_page() / size;
            let inside = (whole.first.0 + 1).next_multiple_of(on_page)
                ..(whole.end().0 - 1) / on_page * on_page;
            // The ends of what it was merged with are inside now.
            let near = part.first.0.saturating_sub(1) / on_page * on_page
                ..(part.end().0 + 1).next_multiple_of(on_page);
            let (from, to) = (inside.start.max(near.start), inside.end.min(near.end));
            if from < to
                && self.covers(&(from..to))
                && let Some(start) = NonNull::new((table + from * size) as *mut u8)
            {
                // A refusal leaves them as they are.
                // SAFETY: whole pages of the table, of whose entries nobody needs the content (contract).
                let _ = unsafe { os.discard(start, (to - from) * size) };
            }
        }
    }

    /// Labels the ends of a run, which is all that its neighbours look at.
    pub(crate) fn set_ends(&self, run: Run, label: Label) {
        self.set_label(run.first, label);
        self.set_label(PageIndex(run.end().0 - 1), label);
    }

    /// Takes away what the pages of a run were labelled as while they were in use.
    pub(crate) fn wipe(&self, run: Run) {
        for page in (run.first.0..run.end().0).map(PageIndex) {
            // Reading needs no memory where nothing was ever written.
            if self.label(page) != Label::UNTOUCHED {
                self.set_label(page, Label::UNTOUCHED);
            }
        }
    }

    /// What was noted for a page, whatever properties it has.
    pub(crate) fn record(&self, page: PageIndex) -> u32 {
        self.record_word(page)
            .map_or(0, |word| word.read() & !ADVISED)
    }

    /// Notes something else for a page, which keeps its properties.
    pub(crate) fn set_record(&self, page: PageIndex, record: u32) {
        if let Some(word) = self.record_word(page) {
            word.write(record | word.read() & ADVISED);
        }
    }

    /// Whether the small objects of `page` lie on shared pages.
    pub(crate) fn is_shared(&self, page: PageIndex) -> bool {
        self.label(page).as_small().is_some() && self.record(page) & SHARED != 0
    }

    /// Notes that the program has given pages a property of its own.
    pub(crate) fn set_advised(&self, run: Run) {
        for word in self.records(run) {
            word.set_bits(ADVISED);
        }
    }

    /// Notes that no page of a run has one any more.
    pub(crate) fn clear_advised(&self, run: Run) {
        for word in self.records(run) {
            // Reading needs no memory where nothing was ever written.
            if word.read() & ADVISED != 0 {
                word.write(word.read() & !ADVISED);
            }
        }
    }

    fn records(&self, run: Run) -> impl Iterator<Item = &Word> {
        (run.first.0..run.end().0).filter_map(|page| self.record_word(PageIndex(page)))
    }

    /// Whether one of the pages of a run has a property that the program gave it.
    pub(crate) fn is_advised(&self, run: Run) -> bool {
        self.records(run).any(|word| word.read() & ADVISED != 0)
    }

    /// Notes that the span at `run` lies on the shared pages named by `onto`, or on private ones. [`NOWHERE`] stands for
    /// pages that are neither.
    pub(crate) fn set_onto(&self, run: Run, onto: Option<PageIndex>) {
        for (at, page) in (run.first.0..run.end().0).map(PageIndex).enumerate() {
            if let Some(word) = self.record_word(page) {
                let rest = word.read() & !SHARED;
                word.write(if onto.is_some() { rest | SHARED } else { rest });
            }
            if let Some(onto) = onto {
                let onto = match onto.0 {
                    NOWHERE => NOWHERE,
                    first => first + at,
                };
                self.set_link(page, Direction::Previous, onto);
            }
        }
    }

    /// The shared page that `page` lies on, if it lies on one.
    pub(crate) fn onto(&self, page: PageIndex) -> Option<PageIndex> {
        self.is_shared(page)
            .then(|| PageIndex(self.link(page, Direction::Previous)))
    }

    /// Notes that there are shared pages that the pages of `run` name, a span in use.
    pub(crate) fn set_home(&self, run: Run) {
        for page in (run.first.0..run.end().0).map(PageIndex) {
            self.set_link(page, Direction::Next, HOME);
        }
    }

    /// Notes that there are none any more. If there were, the span is in use still.
    pub(crate) fn clear_home(&self, run: Run) {
        for page in (run.first.0..run.end().0).map(PageIndex) {
            if self.link(page, Direction::Next) == HOME {
                self.set_link(page, Direction::Next, NOWHERE);
            }
        }
    }

    /// The shared page that `page` lies on, if that is there. A span that is dead may outlive the pages that it lies on.
    pub(crate) fn home(&self, page: PageIndex) -> Option<PageIndex> {
        let onto = self.onto(page)?;
        (self.link(onto, Direction::Next) == HOME).then_some(onto)
    }

    /// Whether a mapping ends before `page` since it, or the page before it, lies on a shared one. The kernel makes one
    /// mapping of pages that follow each other in one chunk of `chunk` pages of the window.
    pub(crate) fn is_border(&self, page: PageIndex, chunk: usize) -> bool {
        let Some(before) = page.0.checked_sub(1).map(PageIndex) else {
            return false;
        };
        match (self.onto(before), self.onto(page)) {
            (None, None) => false,
            (Some(left), Some(right)) => {
                left.0.checked_add(1) != Some(right.0) || right.0.is_multiple_of(chunk)
            }
            _ => true,
        }
    }

    /// The id of the span that `page` belongs to.
    pub(crate) fn span_id(&self, page: PageIndex) -> u32 {
        self.record(page) & !SHARED
    }

    pub(crate) fn link(&self, page: PageIndex, direction: Direction) -> usize {
        // Relaxed: links are read and written under the lock of the state, or of the class whose span it is.
        self.links(page).map_or(NOWHERE, |links| {
            links[direction as usize].load(Ordering::Relaxed)
        })
    }

    pub(crate) fn set_link(&self, page: PageIndex, direction: Direction, to: usize) {
        if let Some(links) = self.links(page) {
            links[direction as usize].store(to, Ordering::Relaxed);
        }
    }
}

/// The end of a list of runs.
pub(crate) const NOWHERE: usize = usize::MAX;

/// In the place of a link: shared pages have the name of this page. No page has this number.
const HOME: usize = NOWHERE - 1;

/// Which neighbour in a list.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Previous,
    Next,
}
