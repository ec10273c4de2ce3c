//! What is known of an arena's addresses without its lock.

use core::sync::atomic::{AtomicBool, Ordering};

use heap::{PageIndex, Run};

use crate::page_map::PageMap;
use crate::segments::Segments;

/// The tables, and which pages are mapped.
pub(crate) struct Ground {
    pub(crate) map: PageMap,
    /// What is mapped for spans.
    pub(crate) spans: Segments,
    /// What is mapped for large objects.
    pub(crate) large: Segments,
    /// Whether there may be spans among the large objects.
    spans_beyond: AtomicBool,
    /// Whether the program ever gave pages a property.
    properties: AtomicBool,
}

impl Ground {
    pub(crate) const fn new(map: PageMap) -> Self {
        Self {
            map,
            spans: Segments::new(),
            large: Segments::new(),
            spans_beyond: AtomicBool::new(false),
            properties: AtomicBool::new(false),
        }
    }

    /// Notes that a span has pages that are meant for large objects.
    pub(crate) fn note_spans_beyond(&self) {
        // Relaxed: who looks has the lock of the state, or is the only thread.
        self.spans_beyond.store(true, Ordering::Relaxed);
    }

    /// Notes that the program gives pages a property.
    pub(crate) fn note_property(&self, run: Run) {
        // Relaxed: whoever gives a block back has it from who gave it the property.
        self.properties.store(true, Ordering::Relaxed);
        self.map.set_advised(run);
    }

    /// Whether the program gave a page of the run a property.
    pub(crate) fn has_property(&self, run: Run) -> bool {
        self.properties.load(Ordering::Relaxed) && self.map.is_advised(run)
    }

    /// The first page from `from` on, where spans may be, that is as `wanted` says.
    pub(crate) fn find(
        &self,
        from: PageIndex,
        wanted: impl Fn(PageIndex) -> bool,
    ) -> Option<PageIndex> {
        let beyond = self.spans_beyond.load(Ordering::Relaxed);
        let mut from = from.0;
        loop {
            let large = self.large.iter().filter(|_| beyond);
            let ahead = self
                .spans
                .iter()
                .chain(large)
                .filter(|range| range.end > from);
            let next = ahead.min_by_key(|range| range.start)?;
            let mut pages = (from.max(next.start)..next.end).map(PageIndex);
            if let Some(page) = pages.find(|&page| wanted(page)) {
                return Some(page);
            }
            from = next.end;
        }
    }

    /// Whether `page` is one of the arena's, and not of a mapping that was in the way.
    pub(crate) fn owns(&self, page: PageIndex) -> bool {
        self.spans.has(page) || self.large.has(page)
    }
}
