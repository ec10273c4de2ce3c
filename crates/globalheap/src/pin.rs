//! Objects whose physical pages must not change.
//!
//! Devices, futexes that several processes share, and locked memory know a page by what it is physically. What they are
//! given is pinned: see the module `pins` of `miniheap` for what that means for a mesh.

use core::ops::RangeInclusive;

use heap::{ClassMap, Guard, PageCount, PageIndex, PlainPages, Run, SpanId};
use miniheap::{SpanClasses, Spans};

use crate::global::GlobalHeap;
use crate::report::Report;

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// Keeps the object at `address` on its physical pages until [`unpin`](Self::unpin), or until all objects near it are
    /// gone. False when no object can be there. Large objects always stay where they are.
    pub fn pin(&self, address: usize) -> bool {
        self.at_object(address, Spans::pin)
    }

    /// Ends one [`pin`](Self::pin); false when there is none.
    pub fn unpin(&self, address: usize) -> bool {
        self.at_object(address, Spans::unpin)
    }

    /// Pins all objects in `len` bytes at `start`, for as long as objects live there.
    pub fn pin_range(&self, start: usize, len: usize) {
        self.in_range(start, len, |spans, span| {
            spans.pin(span);
        });
    }

    /// Takes back one [`pin_range`](Self::pin_range) of the same bytes, whose objects have lived since.
    pub fn unpin_range(&self, start: usize, len: usize) {
        self.in_range(start, len, |spans, span| {
            spans.unpin(span);
        });
    }

    /// Lets `act` see each span of small objects that has some of the `len` bytes at `start`, once.
    fn in_range(&self, start: usize, len: usize, act: impl Fn(&mut Spans, SpanId)) {
        let labels = self.labels();
        let mut at = start.max(labels.address_of(labels.first()));
        let end = start.saturating_add(len);
        while at < end
            && let Some(page) = labels.page_at(at)
        {
            let pages = match self.small_at(page) {
                Some((mut spans, span)) => {
                    act(&mut spans, span);
                    let run = spans.run(span);
                    run.map_or(1, |run| run.end().0.saturating_sub(page.0))
                }
                None => 1,
            };
            at = labels.address_of(page) + pages * P::PAGE_SIZE;
        }
    }

    /// Notes that the program gives the pages of `len` bytes at `start` a property of its own, which ends with what is there. Takes
    /// no lock.
    pub fn note_property(&self, start: usize, len: usize) {
        let labels = self.labels();
        let first = labels.address_of(labels.first());
        let behind = first + labels.page_count() * P::PAGE_SIZE;
        // The system does it to whole pages of its own.
        let page = self.pages.system_page();
        let end = start.saturating_add(len).saturating_add(page - 1);
        let from = (start / page * page).max(first);
        let to = (end / page * page).min(behind);
        if from < to
            && let (Some(page), Some(last)) = (labels.page_at(from), labels.page_at(to - 1))
        {
            let pages = u32::try_from(last.0 - page.0 + 1).map_or(PageCount(u32::MAX), PageCount);
            self.pages.note_property(Run { first: page, pages });
            self.never_keep_whole(page..=last);
        }
    }

    /// Lets no thread and no class keep objects that have some of these pages to themselves when they are given back: their pages lose
    /// all properties then.
    fn never_keep_whole(&self, pages: RangeInclusive<PageIndex>) {
        let labels = self.labels();
        // Only the first page has a label.
        let longest = SpanClasses::LARGEST / P::PAGE_SIZE;
        let start = pages.start().0.saturating_sub(longest - 1);
        for first in (start..=pages.end().0).map(PageIndex) {
            let small = labels.label(first).as_small();
            if let Some((class, owner)) = small.filter(|&(class, _)| SpanClasses::is_whole(class))
                && first.0 + self.geometry(class).pages.index() > pages.start().0
            {
                self.pages.never_keep(first, class, owner);
            }
        }
    }

    fn at_object(&self, address: usize, act: impl FnOnce(&mut Spans, SpanId) -> bool) -> bool {
        let labels = self.labels();
        let Some(page) = labels.page_at(address) else {
            return false;
        };
        let label = labels.label(page);
        let is_whole = |(class, _)| SpanClasses::is_whole(class);
        if label.is_large() || label.as_small().is_some_and(is_whole) {
            return true;
        }
        match self.small_at(page) {
            Some((mut spans, span)) => act(&mut spans, span),
            None => false,
        }
    }

    /// The span of small objects at `page`, with its class locked.
    fn small_at(&self, page: PageIndex) -> Option<(Guard<'_, P::Lock, Spans>, SpanId)> {
        let (class, _) = self.labels().label(page).as_small()?;
        let spans = self.class(class);
        let span = self.pages.span_at(page);
        // The label was read without the lock: the page may have changed hands.
        let run = spans.run(span)?;
        (run.first <= page && page < run.end()).then_some((spans, span))
    }
}
