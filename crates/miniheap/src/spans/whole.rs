//! Spans of one slot: runs without records.
//!
//! Objects of whole pages are alone in their spans, which are never meshed: there is nothing to note of one but that it is there.

use heap::PageIndex;

use super::Spans;

impl Spans {
    /// Whether the spans have one slot each.
    #[inline]
    pub fn are_whole(&self) -> bool {
        self.geometry.slots == 1
    }

    /// The first page of a run for an object that was [given back](Self::give_back_whole) lately, if there is one.
    pub fn take_whole(&mut self) -> Option<PageIndex> {
        let first = self.stock.take()?;
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

    /// Takes the run of an object back. Says whether it is kept, since `most` permits it; otherwise the caller has it.
    pub fn give_back_whole(&mut self, first: PageIndex, most: usize) -> bool {
        debug_assert!(self.are_whole());
        self.spans -= 1;
        self.units -= 1;
        self.live -= 1;
        self.stock.len() < most && self.stock.put(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classes::SpanClasses;
    use crate::spans::Violation;

    #[test]
    fn runs_come_back_newest_first_and_are_counted() {
        let whole = SpanClasses::GEOMETRIES
            .iter()
            .find(|class| class.slots == 1);
        let mut spans = Spans::new(*whole.expect("there are such classes"));
        assert_eq!(spans.take_whole(), None);
        (0..4).for_each(|_| spans.add_whole());
        assert!(spans.give_back_whole(PageIndex(11), 2) && spans.give_back_whole(PageIndex(12), 2));
        assert!(
            !spans.give_back_whole(PageIndex(10), 2),
            "the caller has it"
        );
        assert_eq!(
            (spans.live(), spans.spans(), spans.kept(), spans.peak()),
            (1, 1, 2, 4)
        );
        assert_eq!(spans.check(), Ok(()));
        assert_eq!(spans.take_whole(), Some(PageIndex(12)));
        assert_eq!(
            spans.give_up_kept().map(|run| run.first),
            Some(PageIndex(11))
        );
        assert_eq!(spans.take_whole(), None);
        assert_eq!((spans.live(), spans.made()), (2, 4));
        assert_eq!(spans.check(), Ok::<_, Violation>(()));
    }
}
