//! The tables indexed by page: what each page holds, whose record it belongs to, and the links of unused runs.
//!
//! | table | bytes per page | read by |
//! |---|---|---|
//! | labels | 4 | `free`, on its fast path |
//! | records | 4 | the slow paths: the span's id and whether it lies on shared pages; the length of a large object or of an unused run |
//! | links | 8 | the run store: the neighbours in its lists; of a page on shared ones, in the first link: on which; of a page that names shared ones, in the second: that they are there |

use core::ptr::NonNull;

use heap::{Label, PageIndex, Run};
use sync::Word;

/// The bit of a span's record that says that the span lies on shared pages.
const SHARED: u32 = 1 << 31;

/// Pointers into the three tables. Every index is checked against `pages`; that the tables are open where they are
/// written is the arena's business, which opens them before it uses the pages.
#[derive(Clone, Copy)]
pub(crate) struct PageMap {
    pages: u32,
    labels: NonNull<Word>,
    records: NonNull<Word>,
    links: NonNull<[Word; 2]>,
}

// SAFETY: the tables are atomics that stay for as long as the arena does (promised in `new`).
unsafe impl Send for PageMap {}
// SAFETY: as above.
unsafe impl Sync for PageMap {}

impl PageMap {
    /// # Safety
    /// Each pointer is valid for reads of `pages` entries, and for writes of the entries of pages that are in use, for as
    /// long as this value or a copy of it is used.
    pub(crate) unsafe fn new(
        pages: u32,
        labels: NonNull<Word>,
        records: NonNull<Word>,
        links: NonNull<[Word; 2]>,
    ) -> Self {
        Self {
            pages,
            labels,
            records,
            links,
        }
    }

    /// The number of pages.
    pub(crate) fn pages(&self) -> u32 {
        self.pages
    }

    fn entry<T>(&self, table: NonNull<T>, page: PageIndex) -> Option<&T> {
        if page.0 >= self.pages {
            return None;
        }
        // SAFETY: the index was checked just now, and each table has `pages` entries (see `new`).
        let entry = unsafe { table.add(page.index()) };
        // SAFETY: the entry is an atomic, valid for as long as `self` is used (see `new`).
        Some(unsafe { entry.as_ref() })
    }

    // Labels and records change under a lock of the caller, or are hints.

    pub(crate) fn label(&self, page: PageIndex) -> Label {
        self.entry(self.labels, page)
            .map_or(Label::UNTOUCHED, |word| Label(word.read()))
    }

    pub(crate) fn set_label(&self, page: PageIndex, label: Label) {
        if let Some(word) = self.entry(self.labels, page) {
            word.write(label.0);
        }
    }

    /// Labels the ends of a run, which is all that its neighbours look at.
    pub(crate) fn set_ends(&self, run: Run, label: Label) {
        self.set_label(run.first, label);
        self.set_label(PageIndex(run.end().0 - 1), label);
    }

    pub(crate) fn record(&self, page: PageIndex) -> u32 {
        self.entry(self.records, page).map_or(0, |word| word.read())
    }

    pub(crate) fn set_record(&self, page: PageIndex, record: u32) {
        if let Some(word) = self.entry(self.records, page) {
            word.write(record);
        }
    }

    /// Whether the small objects of `page` lie on shared pages.
    pub(crate) fn is_shared(&self, page: PageIndex) -> bool {
        self.label(page).as_small().is_some() && self.record(page) & SHARED != 0
    }

    /// Notes that the span at `run` lies on the shared pages named by `onto`, or on private ones. [`NOWHERE`] stands for
    /// pages that are neither.
    pub(crate) fn set_onto(&self, run: Run, onto: Option<PageIndex>) {
        for (at, page) in (run.first.0..run.end().0).map(PageIndex).enumerate() {
            let id = self.record(page) & !SHARED;
            self.set_record(page, if onto.is_some() { id | SHARED } else { id });
            if let Some(onto) = onto {
                let onto = match onto.0 {
                    NOWHERE => NOWHERE,
                    first => first + at as u32,
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
    pub(crate) fn is_border(&self, page: PageIndex, chunk: u32) -> bool {
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

    pub(crate) fn link(&self, page: PageIndex, direction: Direction) -> u32 {
        self.entry(self.links, page)
            .map_or(NOWHERE, |links| links[direction as usize].read())
    }

    pub(crate) fn set_link(&self, page: PageIndex, direction: Direction, to: u32) {
        if let Some(links) = self.entry(self.links, page) {
            links[direction as usize].write(to);
        }
    }
}

/// The end of a list of runs.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// In the place of a link: shared pages have the name of this page. No page has this number.
const HOME: u32 = NOWHERE - 1;

/// Which neighbour in a list.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Previous,
    Next,
}
