//! Runs of neighbouring units as candidates of a search.

use bitmap::SpanBits;
use heap::{PageHeap, PageIndex, SpanId};
use meshing::Candidate;
use miniheap::Spans;

use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::Report;

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// The span of the class that begins so many spans behind `unit`, or before it.
    pub(crate) fn beside(&self, spans: &Spans, unit: SpanId, distance: isize) -> Option<SpanId> {
        if distance == 0 {
            return Some(unit);
        }
        let run = spans.run(unit)?;
        let page = run.first.index() as isize + distance * run.pages.index() as isize;
        let page = PageIndex(u32::try_from(page).ok()?);
        if page.index() >= self.labels().page_count() {
            return None;
        }
        // The page may be another class's, whose numbers are its own.
        let span = self.pages.span_at(page);
        (spans.run(span)?.first == page).then_some(span)
    }

    /// Writes a candidate for each run of `len` neighbouring units that are candidates themselves, named by the first;
    /// returns their number. Each stretch of neighbours is divided from its start.
    pub(crate) fn run_candidates(
        &self,
        spans: &Spans,
        candidate: impl Fn(SpanId) -> Option<Candidate>,
        len: usize,
        candidates: &mut [Candidate],
    ) -> usize {
        let beside = |unit, distance| self.beside(spans, unit, distance);
        let is_start = |unit| beside(unit, -1).and_then(&candidate).is_none();
        let mut found = 0;
        let starts = spans
            .units()
            .map(|(unit, ..)| unit)
            .filter(|&unit| candidate(unit).is_some() && is_start(unit));
        for start in starts {
            let mut next = Some(start);
            let members = core::iter::from_fn(|| {
                let member = candidate(next?)?;
                next = beside(next?, 1);
                Some(member)
            });
            let mut run = Run::new(len, usize::from(spans.geometry().slots));
            for member in members {
                let Some(whole) = run.add(&member) else {
                    continue;
                };
                let Some(place) = candidates.get_mut(found) else {
                    return found;
                };
                *place = whole;
                found += 1;
            }
        }
        found
    }
}

/// A run that is being put together.
struct Run {
    len: usize,
    slots: usize,
    members: usize,
    whole: Candidate,
}

impl Run {
    fn new(len: usize, slots: usize) -> Self {
        Self {
            len,
            slots,
            members: 0,
            whole: Candidate::default(),
        }
    }

    /// Adds the next neighbour; returns the run when it has as many as it is to have.
    fn add(&mut self, member: &Candidate) -> Option<Candidate> {
        if self.members == 0 {
            self.whole = Candidate {
                live: SpanBits::EMPTY,
                weight: 0,
                ..*member
            };
        }
        for slot in member.live.iter() {
            self.whole.live.insert(self.members * self.slots + slot);
        }
        self.whole.weight = self.whole.weight.saturating_add(member.weight);
        self.members += 1;
        if self.members < self.len {
            return None;
        }
        self.members = 0;
        Some(self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(tag: u32, slots: &[usize]) -> Candidate {
        let mut live = SpanBits::EMPTY;
        slots.iter().for_each(|&slot| {
            live.insert(slot);
        });
        Candidate {
            live,
            tag,
            weight: 2,
        }
    }

    #[test]
    fn a_run_has_the_slots_of_all_side_by_side() {
        let mut run = Run::new(3, 8);
        assert_eq!(run.add(&span(5, &[0, 7])), None);
        assert_eq!(run.add(&span(9, &[1])), None);
        let whole = run.add(&span(2, &[0])).unwrap();
        assert_eq!(
            whole,
            Candidate {
                weight: 6,
                ..span(5, &[0, 7, 9, 16])
            }
        );
        assert_eq!(run.add(&span(3, &[2])), None);
    }
}
