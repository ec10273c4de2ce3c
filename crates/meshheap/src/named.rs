//! What the kernel may write to for a call of the program, a *hazard*, stays where it is.
//!
//! The search leaves out what is named when it begins, so that a call that waits for hours costs one span and not the plans
//! that others have with it. That is a hint. What counts is the look at each span behind the barrier, before it is
//! protected.

use bitmap::SpanBits;
use globalheap::Report;
use heap::{PageHeap, Run, SpanId};
use meshing::Candidate;
use miniheap::Spans;

use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;

/// Units that the search leaves out, at most.
const MOST: usize = 64;

/// The longest run that is looked at page by page: buffers of small objects are no longer.
const LONGEST: usize = 8;

/// Units of one class with a span that is named.
pub(crate) struct NamedUnits {
    units: [SpanId; MOST],
    count: usize,
}

impl NamedUnits {
    /// Those that are named now.
    pub(crate) fn of(pages: &impl PageHeap, spans: &Spans) -> Self {
        let mut named = Self {
            units: [SpanId(0); MOST],
            count: 0,
        };
        pages.each_named(|run| {
            if run.pages.index() <= LONGEST {
                named.add(pages, spans, run);
            }
        });
        named
    }

    fn add(&mut self, pages: &impl PageHeap, spans: &Spans, run: Run) {
        for page in (run.first.0..run.end().0).map(heap::PageIndex) {
            let span = pages.span_at(page);
            // The page may be another class's, whose numbers are its own.
            let is_here = spans
                .run(span)
                .is_some_and(|run| run.first <= page && page < run.end());
            let unit = is_here.then(|| spans.leader(span)).flatten();
            if let (Some(unit), Some(place)) = (unit, self.units.get_mut(self.count)) {
                *place = unit;
                self.count += 1;
            }
        }
    }

    /// The unit as a candidate. One that is named must not be moved; it can take others in if it is on shared pages.
    pub(crate) fn candidate(
        &self,
        (unit, live, members): (SpanId, SpanBits, u32),
    ) -> Option<Candidate> {
        let candidate = whole(unit, live, members);
        if !self.units[..self.count].contains(&unit) {
            return Some(candidate);
        }
        (members > 1).then_some(Candidate {
            weight: u16::MAX,
            ..candidate
        })
    }
}

/// A whole unit as a candidate.
fn whole(unit: SpanId, live: SpanBits, members: u32) -> Candidate {
    let weight = u16::try_from(members).unwrap_or(u16::MAX);
    Candidate {
        live,
        tag: unit.0,
        weight,
        is_host: false,
    }
}

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Whether the kernel may be writing to a span that a mesh of the pair would protect; counts it.
    pub(crate) fn is_pair_named(&self, spans: &Spans, keep: SpanId, join: SpanId) -> bool {
        self.is_to_be_shared_and_named(spans, keep)
            || spans
                .members_with_objects(join)
                .any(|member| self.is_named(spans, member))
    }

    /// Whether the kernel may be writing to the unit `keep`, and it is on private pages, so that it would be protected.
    pub(crate) fn is_to_be_shared_and_named(&self, spans: &Spans, keep: SpanId) -> bool {
        let is_private = spans.get(keep).is_some_and(|heap| heap.group().is_none());
        is_private && self.is_named(spans, keep)
    }

    /// Whether the kernel may be writing to a span; counts it.
    pub(crate) fn is_named(&self, spans: &Spans, span: SpanId) -> bool {
        let named = spans
            .run(span)
            .is_some_and(|run| self.pages().is_named(run));
        if named {
            self.meshed.count(&self.meshed.named, 1);
        }
        named
    }
}
