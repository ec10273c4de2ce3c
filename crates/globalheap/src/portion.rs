//! What one search looks at: the units of a class, or a *portion* of them.
//!
//! Their records are copied in short holds of the class's lock. What was copied first may have changed when the last is;
//! a snapshot is a hint, and whatever is found in it is looked at again before it is carried out.

use heap::{PageHeap, SizeClass, SpanId};
use meshing::Candidate;
use miniheap::Spans;

use crate::global::GlobalHeap;
use crate::named::NamedUnits;
use crate::policy::MeshPolicy;
use crate::report::Report;
use crate::tuning::{CANDIDATES, RECORDS_PER_HOLD, RECORDS_PER_SEARCH};

/// How much of a class one search looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Portion {
    /// Records of the class, from this one on.
    pub(crate) from: SpanId,
    /// Candidates, at most. Of runs of neighbours there may be four times as many spans.
    pub(crate) most: usize,
}

/// The longest run for which a portion has as many spans for each candidate.
const LENGTHENED: usize = 4;

impl Portion {
    /// The first portion of a class for a search that has the time.
    pub(crate) const WHOLE: Self = Self {
        from: SpanId(0),
        most: CANDIDATES,
    };

    /// The spans to look at for runs of `len` in a class with so many physical spans: the same number in each portion.
    pub(crate) fn spans(self, physical: usize, len: usize) -> usize {
        let most = self.most * len.min(LENGTHENED);
        physical.div_ceil(physical.div_ceil(most).max(1))
    }
}

/// A copy of a portion.
pub(crate) struct Copied {
    /// Candidates that were written.
    pub(crate) len: usize,
    /// The record that the next portion begins with; `None` after the last.
    pub(crate) next: Option<SpanId>,
}

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
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
            let named = NamedUnits::of(&self.pages, &spans);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_of_a_class_are_alike() {
        let portion = Portion {
            from: SpanId(0),
            most: 1000,
        };
        assert_eq!(portion.spans(0, 1), 0);
        assert_eq!(portion.spans(999, 1), 999);
        assert_eq!(portion.spans(1001, 1), 501);
        assert_eq!(portion.spans(1001, 2), 1001);
        assert_eq!(portion.spans(8001, 16), 2667);
    }
}
