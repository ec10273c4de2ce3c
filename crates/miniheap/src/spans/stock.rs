//! Runs that spans to come will be made of.
//!
//! A class that grows fetches several runs at once. They mostly follow each other, and so the spans of one class are
//! neighbours: runs of them can be meshed onto runs of others, which takes few mappings.

use heap::PageIndex;

/// Runs in a stock, at most.
const MOST: usize = 32;

/// A class has one run in stock for so many spans, at most: they may hold memory that nobody uses.
const SPANS_PER_RUN: usize = 64;

/// First pages of runs that nobody uses, the next one last.
pub(super) struct Stock {
    firsts: [PageIndex; MOST],
    len: usize,
}

impl Stock {
    pub(super) const EMPTY: Self = Self {
        firsts: [PageIndex(0); MOST],
        len: 0,
    };

    /// The first page of a run for the next span of a class that has `spans`; `fetch` gives a run, or none when there is no
    /// memory.
    #[inline(always)]
    pub(super) fn next(
        &mut self,
        spans: usize,
        mut fetch: impl FnMut() -> Option<PageIndex>,
    ) -> Option<PageIndex> {
        if self.len == 0 {
            let wanted = (spans / SPANS_PER_RUN).clamp(1, MOST);
            for place in self.firsts.iter_mut().take(wanted) {
                let Some(first) = fetch() else { break };
                *place = first;
                self.len += 1;
            }
        }
        self.take()
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Takes a run in; false when there is no room.
    pub(super) fn put(&mut self, first: PageIndex) -> bool {
        let Some(place) = self.firsts.get_mut(self.len) else {
            return false;
        };
        *place = first;
        self.len += 1;
        true
    }

    /// A run that is here.
    pub(super) fn take(&mut self) -> Option<PageIndex> {
        self.len = self.len.checked_sub(1)?;
        self.firsts.get(self.len).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classes::SpanClasses;
    use crate::leaked::Leaked;
    use crate::spans::Spans;

    /// Takes the next run, where at most `granted` can be had; says how many were fetched.
    fn next(spans: &mut Spans, granted: usize) -> (Option<PageIndex>, usize) {
        let mut fetched = 0;
        let next = spans.next_run(|| {
            let first = (fetched < granted).then_some(PageIndex(fetched))?;
            fetched += 1;
            Some(first)
        });
        (next, fetched)
    }

    #[test]
    fn a_class_that_has_grown_fetches_more_at_once() {
        let mut spans = Spans::new(SpanClasses::GEOMETRIES[3]);
        assert_eq!(next(&mut spans, usize::MAX), (Some(PageIndex(0)), 1));
        let memory = Leaked::without_end();
        for page in 0..SPANS_PER_RUN * 3 {
            spans.add(&memory, PageIndex(page)).unwrap();
        }
        assert_eq!(next(&mut spans, usize::MAX), (Some(PageIndex(2)), 3));
        assert_eq!(next(&mut spans, 0), (Some(PageIndex(1)), 0));
        assert_eq!(spans.take_stock(), Some(PageIndex(0)));
        assert_eq!(spans.take_stock(), None);
    }

    #[test]
    fn where_few_runs_can_be_had_these_are_used() {
        let mut spans = Spans::new(SpanClasses::GEOMETRIES[3]);
        let memory = Leaked::without_end();
        for page in 0..SPANS_PER_RUN * 8 {
            spans.add(&memory, PageIndex(page)).unwrap();
        }
        assert_eq!(next(&mut spans, 2), (Some(PageIndex(1)), 2));
        assert_eq!(next(&mut spans, 0), (Some(PageIndex(0)), 0));
        assert_eq!(next(&mut spans, 0), (None, 0));
    }
}
