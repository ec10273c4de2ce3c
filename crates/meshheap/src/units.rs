//! The units of a portion, copied for a search.
//!
//! Their records are copied in short holds of the class's lock. What was copied first may have changed when the last is;
//! a snapshot is a hint, and whatever is found in it is looked at again before it is carried out.

use globalheap::Report;
use heap::{PageHeap, SizeClass, SpanId};
use meshing::Candidate;
use miniheap::Spans;

use crate::mesh_heap::MeshHeap;
use crate::named::NamedUnits;
use crate::policy::MeshPolicy;
use crate::tuning::{RECORDS_PER_HOLD, RECORDS_PER_SEARCH};

/// A copy of a portion.
pub(crate) struct Copied {
    /// Candidates that were written.
    pub(crate) len: usize,
    /// The record that the next portion begins with; `None` after the last.
    pub(crate) next: Option<SpanId>,
}

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Writes the units of a class from the record `from` on as candidates, as `choose` has them, until there is no room, no
    /// unit, or it takes long. What the kernel may write to is left out.
    pub(crate) fn copy_units(
        &self,
        class: SizeClass,
        from: SpanId,
        candidates: &mut [Candidate],
        choose: impl Fn(&Spans, Candidate) -> Option<Candidate>,
    ) -> Copied {
        let (mut len, mut next) = (0, from.0);
        let last = from.0.saturating_add(RECORDS_PER_SEARCH);
        loop {
            let spans = self.class(class);
            let named = NamedUnits::of(self.pages(), &spans);
            let end = next.saturating_add(RECORDS_PER_HOLD).min(spans.ids());
            while next < end {
                let Some(place) = candidates.get_mut(len) else {
                    let next = Some(SpanId(next));
                    return Copied { len, next };
                };
                let listed = spans.listed_unit(SpanId(next));
                let candidate = listed.and_then(|unit| named.candidate(unit));
                if let Some(chosen) = candidate.and_then(|unit| choose(&spans, unit)) {
                    *place = chosen;
                    len += 1;
                }
                next += 1;
            }
            if next >= spans.ids() || next >= last {
                let next = (next < spans.ids()).then_some(SpanId(next));
                return Copied { len, next };
            }
        }
    }
}
