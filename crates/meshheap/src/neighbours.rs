//! Runs of neighbouring units as candidates of a search.

use bitmap::SpanBits;
use globalheap::Report;
use heap::{PageCount, PageHeap, PageIndex, SpanId};
use meshing::Candidate;
use miniheap::{Geometry, Spans};

use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// The span of the class that begins so many spans behind `unit`, or before it.
    pub(crate) fn beside(&self, spans: &Spans, unit: SpanId, distance: isize) -> Option<SpanId> {
        if distance == 0 {
            return Some(unit);
        }
        let run = spans.run(unit)?;
        let page = run.first.index() as isize + distance * run.pages.index() as isize;
        let page = PageIndex(usize::try_from(page).ok()?);
        if !self.labels().has(page) {
            return None;
        }
        // The page may be another class's, whose numbers are its own.
        let span = self.pages().span_at(page);
        (spans.run(span)?.first == page).then_some(span)
    }

    /// Puts `units`, which are named by their first pages as [`tag_of`] says, together to runs of `len` neighbours, and writes them over the first of
    /// the units, named as units are; returns their number. Each stretch of neighbours is divided from its start.
    pub(crate) fn put_together(
        &self,
        geometry: &Geometry,
        len: usize,
        origin: PageIndex,
        units: &mut [Candidate],
    ) -> usize {
        let found = runs(units, len, usize::from(geometry.slots), geometry.pages);
        self.name_by_records(origin, units.get_mut(..found).unwrap_or_default());
        found
    }

    /// Names units by their records which are named by their first pages, as [`tag_of`] says.
    pub(crate) fn name_by_records(&self, origin: PageIndex, units: &mut [Candidate]) {
        for unit in units {
            // The page may be another class's by now: like all that is found, the number is looked at again.
            let first = PageIndex(origin.0 + unit.tag as usize);
            unit.tag = self.pages().span_at(first).0;
        }
    }
}

/// The name of a unit whose first page is `first` among the pages from `origin` on. Where the heap is so large that it does not
/// fit, the page it leads back to is another one, and the run is not found.
pub(crate) fn tag_of(first: PageIndex, origin: PageIndex) -> u32 {
    first.0.wrapping_sub(origin.0) as u32
}

/// The runs of [`put_together`](MeshHeap::put_together), named by their first pages.
fn runs(units: &mut [Candidate], len: usize, slots: usize, pages: PageCount) -> usize {
    heap::sort_by_key(units, |unit| unit.tag);
    let (mut found, mut next) = (0, None);
    let mut run = Begun::new(len, slots);
    for at in 0..units.len() {
        let Some(&unit) = units.get(at) else { break };
        if next != Some(unit.tag) {
            run = Begun::new(len, slots);
        }
        next = unit.tag.checked_add(pages.0);
        // There are fewer runs than units: none is overwritten that was not looked at.
        if let (Some(whole), Some(place)) = (run.add(&unit), units.get_mut(found)) {
            *place = whole;
            found += 1;
        }
    }
    found
}

/// A run that is being put together.
struct Begun {
    len: usize,
    slots: usize,
    members: usize,
    whole: Candidate,
}

impl Begun {
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
            is_host: false,
        }
    }

    #[test]
    fn a_run_has_the_slots_of_all_side_by_side() {
        let mut run = Begun::new(3, 8);
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

    #[test]
    fn stretches_are_divided_from_their_starts() {
        let pages = [7, 40, 1, 3, 42, 5, 9, 44];
        let mut units = pages.map(|page| span(page, &[1]));
        let found = runs(&mut units, 2, 8, PageCount(2));
        let first = units[..found].iter().map(|run| run.tag);
        assert_eq!(first.collect::<Vec<_>>(), [1, 5, 40]);
        assert_eq!(units[0].live, span(0, &[1, 9]).live);
        assert_eq!(runs(&mut [], 2, 8, PageCount(2)), 0);
    }
}
