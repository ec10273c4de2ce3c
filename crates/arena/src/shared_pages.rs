//! Which pages lie on shared ones, by what lies where alone.

use heap::{PageCount, PageIndex, Preset, Run, SizeClass};

use crate::page_map::{NOWHERE, PageMap};

/// Pages of a stretch, which is looked through or passed over as a whole: 16 MiB of small pages.
const STRETCH: usize = 1 << 12;

/// Stretches that can be told apart.
const STRETCHES: usize = 1 << 12;

/// Where pages on shared ones may be found, under the lock of the windows.
pub(crate) struct SharedPages {
    /// No page outside of `from..to` is on a shared one.
    from: Preset<NOWHERE>,
    to: usize,
    /// Changes so far.
    changes: u64,
    stretches: Stretches,
}

/// A bit for each stretch, by its number modulo their number: set when a page of it was ever on a shared one.
#[derive(Clone, Copy)]
struct Stretches([u64; STRETCHES / 64]);

impl Stretches {
    fn place(page: usize) -> (usize, u64) {
        let stretch = page / STRETCH % STRETCHES;
        (stretch / 64, 1 << (stretch % 64))
    }

    fn note(&mut self, page: usize) {
        let (word, bit) = Self::place(page);
        self.0[word] |= bit;
    }

    fn has(&self, page: usize) -> bool {
        let (word, bit) = Self::place(page);
        self.0[word] & bit != 0
    }
}

/// A run that lies on shared pages that follow each other, in one piece of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shared {
    pub(crate) class: SizeClass,
    pub(crate) run: Run,
    /// The first of the pages that it lies on; `None` for dead spans whose pages are gone.
    pub(crate) home: Option<PageIndex>,
}

impl SharedPages {
    pub(crate) const fn none() -> Self {
        Self {
            from: Preset::new(),
            to: 0,
            changes: 0,
            stretches: Stretches([0; STRETCHES / 64]),
        }
    }

    /// Notes that `run` was put onto shared pages, or off them.
    pub(crate) fn note(&mut self, run: Run) {
        self.from.lower(run.first.0);
        self.to = self.to.max(run.end().0);
        (run.first.0 / STRETCH..run.end().0.div_ceil(STRETCH))
            .for_each(|stretch| self.stretches.note(stretch * STRETCH));
        self.changes += 1;
    }

    /// What differs whenever something has changed in between.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// All runs on shared pages, by their addresses. The window has pieces of `chunk` pages.
    pub(crate) fn runs<'a>(&self, map: &'a PageMap, chunk: usize) -> Runs<'a> {
        Runs {
            map,
            chunk,
            stretches: self.stretches,
            next: self.from.load(),
            end: self.to,
        }
    }
}

/// Runs on shared pages.
pub(crate) struct Runs<'a> {
    map: &'a PageMap,
    chunk: usize,
    stretches: Stretches,
    next: usize,
    end: usize,
}

impl Runs<'_> {
    fn at(&self, page: PageIndex) -> Option<Shared> {
        if !self.map.is_shared(page) {
            return None;
        }
        let (class, _) = self.map.label(page).as_small()?;
        let pages = PageCount(1);
        let run = Run { first: page, pages };
        let home = self.map.home(page);
        Some(Shared { class, run, home })
    }

    /// Whether the page behind `so_far` goes on as that does.
    fn goes_on(&self, so_far: &Shared) -> bool {
        let end = so_far.run.end();
        let length = so_far.run.pages.index();
        end.0 < self.end
            && self.at(end).is_some_and(|next| {
                let follows = match (so_far.home, next.home) {
                    (None, None) => true,
                    (Some(first), Some(home)) => {
                        first.0 + length == home.0 && !home.0.is_multiple_of(self.chunk)
                    }
                    _ => false,
                };
                follows && next.class == so_far.class
            })
    }
}

impl Iterator for Runs<'_> {
    type Item = Shared;

    fn next(&mut self) -> Option<Shared> {
        while self.next < self.end {
            if !self.stretches.has(self.next) {
                self.next = (self.next / STRETCH + 1).saturating_mul(STRETCH);
                continue;
            }
            let page = PageIndex(self.next);
            self.next += 1;
            let Some(mut shared) = self.at(page) else {
                continue;
            };
            while self.goes_on(&shared) {
                shared.run.pages.0 += 1;
            }
            self.next = shared.run.end().0;
            return Some(shared);
        }
        None
    }
}

impl Shared {
    /// Passes to `act`, for each of the shared pages that it lies on, once in all: by the span that they are named for, or, where
    /// that one is not on them any more, by each that is.
    pub(crate) fn homes(&self, map: &PageMap, mut act: impl FnMut(Run)) {
        let Some(home) = self.home else { return };
        let whole = Run {
            first: home,
            ..self.run
        };
        if home == self.run.first {
            return act(whole);
        }
        let pages = PageCount(1);
        (home.0..whole.end().0)
            .map(PageIndex)
            .filter(|&page| map.onto(page) != Some(page))
            .for_each(|first| act(Run { first, pages }));
    }
}
