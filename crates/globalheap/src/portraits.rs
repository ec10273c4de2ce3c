//! All spans, a few at a time.

use heap::{PlainPages, SizeClass, SpanId};
use miniheap::Portrait;

use crate::global::GlobalHeap;
use crate::report::Report;

/// Records that are looked at under one hold of a class's lock.
pub const PORTRAITS: usize = 32;

/// Some spans of a class, all of the same moment.
#[derive(Debug)]
pub struct Portraits {
    /// Those that were there.
    pub spans: [Option<Portrait>; PORTRAITS],
    /// Where to go on; `None` after the last.
    pub next: Option<SpanId>,
}

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// The spans of `class` from number `from` on. Spans may change between two calls, so a group may be seen in part.
    pub fn portraits(&self, class: SizeClass, from: SpanId) -> Portraits {
        let spans = self.class(class);
        let mut seen = Portraits {
            spans: [None; PORTRAITS],
            next: None,
        };
        let end = from.0.saturating_add(PORTRAITS as u32);
        for (id, place) in (from.0..end.min(spans.ids())).zip(&mut seen.spans) {
            *place = spans.portrait(SpanId(id));
        }
        seen.next = (end < spans.ids()).then_some(SpanId(end));
        seen
    }
}
