//! Runs that spans to come will be made of.
//!
//! A class that grows fetches several runs at once. They mostly follow each other, and so the spans of one class are
//! neighbours: runs of them can be meshed onto runs of others, which takes few mappings.

use heap::{PageIndex, SpanPages};

/// Runs that a class fetches at once, at most.
pub(super) const MOST_AT_ONCE: usize = 32;

/// A class has one run in stock for so many spans, at most: they may hold memory that nobody uses.
const SPANS_PER_RUN: usize = 64;

/// Runs that nobody uses, linked by their pages.
pub(super) struct Stock {
    newest: Option<PageIndex>,
    len: usize,
}

impl Stock {
    pub(super) const EMPTY: Self = Self {
        newest: None,
        len: 0,
    };

    /// How many runs a class that has `spans` fetches at once.
    pub(super) fn wanted(spans: usize) -> usize {
        (spans / SPANS_PER_RUN).clamp(1, MOST_AT_ONCE)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Takes a run in, unless there are `most`; says whether it did.
    pub(super) fn put(&mut self, pages: &impl SpanPages, first: PageIndex, most: usize) -> bool {
        let has_room = self.len < most;
        if has_room {
            pages.set_next_run(first, self.newest);
            self.newest = Some(first);
            self.len += 1;
        }
        has_room
    }

    /// The run that came last.
    pub(super) fn take(&mut self, pages: &impl SpanPages) -> Option<PageIndex> {
        let first = self.newest?;
        self.newest = pages.next_run(first);
        self.len -= 1;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use fakepages::FakePages;
    use heap::PageCount;

    use super::*;

    #[test]
    fn a_class_that_has_grown_fetches_more_at_once() {
        let wanted = [0, 1, SPANS_PER_RUN * 3, SPANS_PER_RUN * 1000].map(Stock::wanted);
        assert_eq!(wanted, [1, 1, 3, MOST_AT_ONCE]);
    }

    #[test]
    fn runs_are_taken_newest_first_and_there_is_an_end() {
        let pages = FakePages::new(16);
        let fetch = || pages.allocate_span(PageCount(1)).expect("there are pages");
        let runs = [fetch(), fetch(), fetch()];
        let mut stock = Stock::EMPTY;
        assert!(runs.iter().all(|&run| stock.put(&pages, run, 3)));
        assert!(!stock.put(&pages, fetch(), 3));
        assert_eq!(stock.len(), 3);
        assert!(
            runs.iter()
                .rev()
                .all(|&run| stock.take(&pages) == Some(run))
        );
        assert_eq!(stock.take(&pages), None);
        assert_eq!(stock.len(), 0);
    }
}
