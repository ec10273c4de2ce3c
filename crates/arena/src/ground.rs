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
    /// Whether the program ever gave pages a property.
    properties: AtomicBool,
}

impl Ground {
    pub(crate) const fn new(map: PageMap) -> Self {
        Self {
            map,
            spans: Segments::new(),
            large: Segments::new(),
            properties: AtomicBool::new(false),
        }
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

    /// Whether `page` is one of the arena's, and not of a mapping that was in the way.
    pub(crate) fn owns(&self, page: PageIndex) -> bool {
        self.spans.has(page) || self.large.has(page)
    }
}
