//! Spans of one slot: runs without records.
//!
//! Objects of whole pages are alone in their spans, which are never meshed: there is nothing to note of one but that it is there.

use heap::{PageIndex, SpanPages};

use super::Spans;

impl Spans {
    /// Whether the spans have one slot each.
    #[inline]
    pub fn are_whole(&self) -> bool {
        self.geometry.slots == 1
    }

    /// The first page of a run for an object that was [given back](Self::give_back_whole) lately, if there is one.
    pub fn take_whole(&mut self, pages: &impl SpanPages) -> Option<PageIndex> {
        let first = self.stock.take(pages)?;
        self.count_whole();
        Some(first)
    }

    /// Counts a run for an object that was never here before.
    pub fn add_whole(&mut self) {
        self.made += 1;
        self.count_whole();
    }

    fn count_whole(&mut self) {
        debug_assert!(self.are_whole());
        self.spans += 1;
        self.units += 1;
        self.live += 1;
        self.peak = self.peak.max(self.spans);
    }

    /// Takes the run of an object back. Says whether it is in stock now, where no more than `most` are; otherwise the caller has it.
    pub fn give_back_whole(
        &mut self,
        pages: &impl SpanPages,
        first: PageIndex,
        most: usize,
    ) -> bool {
        debug_assert!(self.are_whole());
        self.spans -= 1;
        self.units -= 1;
        self.live -= 1;
        self.stock.put(pages, first, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classes::SpanClasses;
    use crate::spans::Violation;
    use fakepages::FakePages;

    #[test]
    fn runs_come_back_newest_first_and_are_counted() {
        let whole = SpanClasses::GEOMETRIES
            .iter()
            .find(|class| class.slots == 1);
        let whole = whole.expect("there are such classes");
        let (mut spans, pages) = (Spans::new(*whole), FakePages::new(64));
        assert_eq!(spans.take_whole(&pages), None);
        let mut fetch = || {
            spans.add_whole();
            pages.allocate_span(whole.pages).expect("there are pages")
        };
        let runs = [fetch(), fetch(), fetch(), fetch()];
        let mut give = |run| spans.give_back_whole(&pages, run, 2);
        assert!(give(runs[0]) && give(runs[1]));
        assert!(!give(runs[2]), "the caller has it");
        assert_eq!(
            (spans.live(), spans.spans(), spans.kept(), spans.peak()),
            (1, 1, 2, 4)
        );
        assert_eq!(spans.check(), Ok(()));
        assert_eq!(spans.take_whole(&pages), Some(runs[1]));
        assert_eq!(spans.take_stock(&pages), Some(runs[0]));
        assert_eq!(spans.take_whole(&pages), None);
        assert_eq!((spans.live(), spans.made()), (2, 4));
        assert_eq!(spans.check(), Ok::<_, Violation>(()));
    }
}
