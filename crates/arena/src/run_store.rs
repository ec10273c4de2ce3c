//! Unused runs of one kind, in lists by length, merged with their neighbours.
//!
//! A run of the store is known from the tables alone: both its ends carry the store's label and its length, so a run that
//! comes back finds its neighbours in constant time. The last page of a run of several pages marks its length with
//! [`LAST`], so that it is not taken for the first page of a run.

use heap::{Grain, Label, PageCount, PageIndex, Run};

use crate::page_map::{Direction, NOWHERE, PageMap};

/// Lengths up to this many pages have a list each.
const EXACT: u32 = 32;
/// Longer ones share four lists per doubling.
const PER_DOUBLING: u32 = 4;
/// No run is longer: neighbours of longer ones stay apart.
const LONGEST: u32 = (1 << 29) - 1;
const LISTS: usize = list_of(LONGEST) + 1;
/// How many runs of a list are looked at before a list of longer runs is used.
const LOOKED_AT: usize = 8;

/// The mark in the record of a last page that is not the first one too.
const LAST: u32 = 1 << 31;

/// The list whose runs have the length `pages`, or lengths near it.
const fn list_of(pages: u32) -> usize {
    if pages <= EXACT {
        return pages.saturating_sub(1) as usize;
    }
    let doubling = pages.ilog2();
    let quarter = (pages >> (doubling - 2)) & (PER_DOUBLING - 1);
    (EXACT + (doubling - EXACT.ilog2()) * PER_DOUBLING + quarter) as usize
}

/// The label of the runs of a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// For spans, all bytes zero.
    CleanSpans,
    /// For spans, used before.
    DirtySpans,
    /// For large objects, all bytes zero.
    CleanLarge,
    /// For large objects, used before.
    DirtyLarge,
    /// For spans, not mapped.
    GoneSpans,
    /// For large objects, not mapped.
    GoneLarge,
    /// For spans, parts of what the system has as one.
    PartsOfSpans,
    /// For large objects, parts of what the system has as one.
    PartsOfLarge,
}

impl Kind {
    const fn label(self) -> Label {
        Label(Label::CLASSES + self as u32)
    }
}

/// How long a run is to be, and where it may start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) pages: PageCount,
    /// A power of two.
    align: u32,
    /// The first page leaves this remainder when it is divided by `align`.
    remainder: u32,
}

impl Place {
    /// No run is longer, in pages.
    pub(crate) const LONGEST: u32 = LONGEST;

    /// Anywhere.
    pub(crate) const fn anywhere(pages: PageCount) -> Self {
        Self {
            pages,
            align: 1,
            remainder: 0,
        }
    }

    /// The same for whole grains, at the start of one.
    pub(crate) fn whole(self, grain: Grain) -> Self {
        Self {
            pages: grain.count_up(self.pages),
            ..self
        }
    }

    /// As much as `place` asks for, or `step` pages where alignment does not matter, whichever is more.
    pub(crate) fn step(place: Self, step: usize) -> Self {
        if place.align > 1 {
            return place;
        }
        Self::anywhere(place.pages.max(PageCount(step as u32)))
    }

    /// At an address that is a multiple of `align` pages, in an arena whose first page is the `base`-th of the address
    /// space.
    pub(crate) const fn aligned(pages: PageCount, align: PageCount, base: usize) -> Self {
        let align = align.0.next_power_of_two();
        Self {
            pages,
            align,
            remainder: (base as u32).wrapping_neg() & (align - 1),
        }
    }

    /// The first page from `page` on at which the run may start.
    pub(crate) fn first_from(&self, page: usize) -> Option<usize> {
        let gap = self.remainder.wrapping_sub(page as u32) & (self.align - 1);
        page.checked_add(gap as usize)
    }

    /// Whether `run` has room for it.
    fn fits(&self, run: Run) -> bool {
        let end = self
            .first_from(run.first.0)
            .and_then(|first| first.checked_add(self.pages.index()));
        end.is_some_and(|end| end <= run.end().0)
    }

    /// The last page up to `page` at which the run may start.
    pub(crate) fn last_to(&self, page: usize) -> Option<usize> {
        let gap = (page as u32).wrapping_sub(self.remainder) & (self.align - 1);
        page.checked_sub(gap as usize)
    }
}

/// The pages from `first` up to `end`, which lie in one run.
fn between(first: PageIndex, end: usize) -> PageCount {
    PageCount((end - first.0) as u32)
}

pub(crate) struct RunStore {
    label: Label,
    pages: usize,
    heads: [usize; LISTS],
    /// Bit `i` is set when list `i` has a run.
    occupied: u128,
}

const _: () = assert!(Kind::PartsOfLarge.label().0 < Label::LARGE.0);
const _: () = assert!(LISTS <= u128::BITS as usize);
const _: () = assert!(list_of(EXACT) + 1 == list_of(EXACT + 1));

impl RunStore {
    /// One that has not [begun](Self::begin): all bytes are zero.
    pub(crate) const NONE: Self = Self {
        label: Label(0),
        pages: 0,
        heads: [0; LISTS],
        occupied: 0,
    };

    /// An empty store of one kind, in place.
    pub(crate) fn begin(&mut self, kind: Kind) {
        self.label = kind.label();
        self.heads = [NOWHERE; LISTS];
    }

    /// Pages in all runs.
    pub(crate) fn pages(&self) -> usize {
        self.pages
    }

    /// Adds a run, merged with the runs of this store before and behind it.
    pub(crate) fn insert(&mut self, map: &PageMap, run: Run) {
        let _ = self.merge(map, run);
    }

    /// The same; returns the whole.
    pub(crate) fn merge(&mut self, map: &PageMap, run: Run) -> Run {
        let mut whole = run;
        if let Some(before) = run.first.0.checked_sub(1)
            && let Some(record) = self.record_at(map, PageIndex(before))
            && let length = record & !LAST
            && length <= LONGEST - whole.pages.0
        {
            let first = PageIndex(run.first.0 - length as usize);
            self.unlink(
                map,
                Run {
                    first,
                    pages: PageCount(length),
                },
            );
            whole = Run {
                first,
                pages: PageCount(length + whole.pages.0),
            };
        }
        if let Some(length) = self.record_at(map, run.end())
            && length <= LONGEST - whole.pages.0
        {
            self.unlink(
                map,
                Run {
                    first: run.end(),
                    pages: PageCount(length),
                },
            );
            whole.pages.0 += length;
        }
        self.link(map, whole);
        whole
    }

    /// Removes a run of exactly the pages that `place` asks for.
    pub(crate) fn take(&mut self, map: &PageMap, place: Place) -> Option<Run> {
        let found = self.find(map, place)?;
        let first = place.first_from(found.first.0)?;
        let taken = Run {
            first: PageIndex(first),
            pages: place.pages,
        };
        self.unlink(map, found);
        if first > found.first.0 {
            self.link(
                map,
                Run {
                    first: found.first,
                    pages: between(found.first, first),
                },
            );
        }
        if taken.end() < found.end() {
            let pages = between(taken.end(), found.end().0);
            self.link(
                map,
                Run {
                    first: taken.end(),
                    pages,
                },
            );
        }
        map.set_ends(taken, Label::UNLABELLED);
        Some(taken)
    }

    /// Removes exactly `run`, if an unused run begins where it begins and is long enough.
    pub(crate) fn take_at(&mut self, map: &PageMap, run: Run) -> bool {
        let length = match self.record_at(map, run.first) {
            Some(record) if record & LAST == 0 && record >= run.pages.0 => record,
            _ => return false,
        };
        self.unlink(
            map,
            Run {
                first: run.first,
                pages: PageCount(length),
            },
        );
        if length > run.pages.0 {
            self.link(
                map,
                Run {
                    first: run.end(),
                    pages: PageCount(length - run.pages.0),
                },
            );
        }
        map.set_ends(run, Label::UNLABELLED);
        true
    }

    /// Removes up to `most` pages from one of the longest runs.
    pub(crate) fn take_longest(&mut self, map: &PageMap, most: PageCount) -> Option<Run> {
        let list = self.occupied.checked_ilog2()? as usize;
        let first = PageIndex(*self.heads.get(list)?);
        let whole = Run {
            first,
            pages: PageCount(map.record(first)),
        };
        let taken = Run {
            first,
            pages: PageCount(whole.pages.0.min(most.0)),
        };
        self.take_at(map, taken).then_some(taken)
    }

    /// The record of `page`, if a run of this store has an end there.
    fn record_at(&self, map: &PageMap, page: PageIndex) -> Option<u32> {
        (map.label(page) == self.label).then(|| map.record(page))
    }

    /// A run with room for `place`: the first that has it among the first runs of each list that may have one, up to the first list
    /// of which any will do.
    fn find(&self, map: &PageMap, place: Place) -> Option<Run> {
        let generous = place.pages.0.checked_add(place.align - 1)?;
        if generous > LONGEST {
            return None;
        }
        let last = list_of(generous);
        let mut lists = self.occupied & (u128::MAX << list_of(place.pages.0));
        while lists != 0 {
            let list = lists.trailing_zeros() as usize;
            lists &= lists - 1;
            let mut page = *self.heads.get(list)?;
            for _ in 0..LOOKED_AT {
                if page == NOWHERE {
                    break;
                }
                let run = Run {
                    first: PageIndex(page),
                    pages: PageCount(map.record(PageIndex(page))),
                };
                if list > last || place.fits(run) {
                    return Some(run);
                }
                page = map.link(run.first, Direction::Next);
            }
        }
        None
    }

    fn link(&mut self, map: &PageMap, run: Run) {
        let list = list_of(run.pages.0);
        let Some(head) = self.heads.get_mut(list) else {
            return;
        };
        let next = core::mem::replace(head, run.first.0);
        map.set_link(run.first, Direction::Previous, NOWHERE);
        map.set_link(run.first, Direction::Next, next);
        if next != NOWHERE {
            map.set_link(PageIndex(next), Direction::Previous, run.first.0);
        }
        map.set_ends(run, self.label);
        map.set_record(PageIndex(run.end().0 - 1), run.pages.0 | LAST);
        map.set_record(run.first, run.pages.0);
        self.occupied |= 1 << list;
        self.pages += run.pages.index();
    }

    fn unlink(&mut self, map: &PageMap, run: Run) {
        let list = list_of(run.pages.0);
        let previous = map.link(run.first, Direction::Previous);
        let next = map.link(run.first, Direction::Next);
        if next != NOWHERE {
            map.set_link(PageIndex(next), Direction::Previous, previous);
        }
        if previous != NOWHERE {
            map.set_link(PageIndex(previous), Direction::Next, next);
        } else if let Some(head) = self.heads.get_mut(list) {
            *head = next;
            if next == NOWHERE {
                self.occupied &= !(1 << list);
            }
        }
        map.set_ends(run, Label::UNLABELLED);
        self.pages -= run.pages.index();
    }
}

#[cfg(test)]
mod tests;
