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

    /// How many runs a class that has `spans` fetches at once.
    pub(super) fn wanted(spans: usize) -> usize {
        (spans / SPANS_PER_RUN).clamp(1, MOST)
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

    #[test]
    fn a_class_that_has_grown_fetches_more_at_once() {
        let wanted = [0, 1, SPANS_PER_RUN * 3, SPANS_PER_RUN * 1000].map(Stock::wanted);
        assert_eq!(wanted, [1, 1, 3, MOST]);
    }

    #[test]
    fn runs_are_taken_newest_first_and_there_is_an_end() {
        let mut stock = Stock::EMPTY;
        assert!((0..MOST).all(|page| stock.put(PageIndex(page))));
        assert!(!stock.put(PageIndex(MOST)));
        assert!(
            (0..MOST)
                .rev()
                .all(|page| stock.take() == Some(PageIndex(page)))
        );
        assert_eq!(stock.take(), None);
    }
}
