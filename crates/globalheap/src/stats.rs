//! Figures of the heap.

use core::sync::atomic::{AtomicUsize, Ordering};

use heap::{PlainPages, SizeClass};
use miniheap::SpanClasses;

use crate::global::GlobalHeap;
use crate::report::Report;

/// The spans of one size class.
#[derive(Clone, Copy, Default, Debug)]
pub struct ClassStats {
    /// Bytes of an object.
    pub object_size: usize,
    /// Whether its objects are kept apart: they are not the program's, and never meshed.
    pub apart: bool,
    /// Slots in use, those in threads' hands included.
    pub live: usize,
    /// Virtual spans.
    pub spans: usize,
    /// Slots of a span.
    pub slots: usize,
    /// Pages of a span.
    pub pages: usize,
    /// Physical spans: those that were meshed together count once.
    pub physical_spans: usize,
    /// Groups of meshed spans.
    pub groups: usize,
    /// Physical spans that refills take slots from: those with enough free ones.
    pub listed: usize,
    /// Virtual spans ever made.
    pub made: usize,
    /// The most virtual spans at a time.
    pub peak: usize,
    /// Spans that were emptied and whose pages the class keeps for a moment: they count nowhere else.
    pub kept: usize,
}

/// All of the heap.
#[derive(Clone, Copy, Default, Debug)]
pub struct HeapStats {
    /// Bytes of slots in use, those in threads' hands included.
    pub small_bytes: usize,
    /// Bytes of spans of small objects, each physical page counted once.
    pub span_bytes: usize,
    /// Bytes of large objects.
    pub large_bytes: usize,
    /// Number of large objects.
    pub large_count: usize,
    /// Virtual spans ever made.
    pub spans_made: usize,
    /// Of these, the ones that are gone.
    pub spans_freed: usize,
    /// The most virtual spans at a time, for each class at its own.
    pub spans_peak: usize,
}

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// The spans of `class`.
    pub fn class_stats(&self, class: SizeClass) -> ClassStats {
        let geometry = self.geometry(class);
        let empty = ClassStats {
            object_size: geometry.object_size as usize,
            apart: SpanClasses::is_apart(class),
            slots: usize::from(geometry.slots),
            pages: geometry.pages.index(),
            ..ClassStats::default()
        };
        if !self.is_used(class) {
            return empty;
        }
        let spans = self.class(class);
        ClassStats {
            live: spans.live(),
            spans: spans.spans(),
            physical_spans: spans.physical_spans(),
            groups: spans.groups(),
            listed: spans.listed(),
            made: spans.made(),
            peak: spans.peak(),
            kept: spans.kept(),
            ..empty
        }
    }

    /// The statistics of each class.
    pub fn classes(&self) -> impl Iterator<Item = ClassStats> + '_ {
        Self::class_numbers().map(|class| self.class_stats(class))
    }

    /// Figures of now.
    pub fn stats(&self) -> HeapStats {
        let load = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let (mut small_bytes, mut span_pages) = (0, 0);
        let (mut spans, mut spans_made, mut spans_peak) = (0, 0, 0);
        for class in self.classes() {
            small_bytes += class.live * class.object_size;
            span_pages += class.physical_spans * class.pages;
            spans += class.spans;
            spans_made += class.made;
            spans_peak += class.peak;
        }
        HeapStats {
            small_bytes,
            span_bytes: span_pages * P::PAGE_SIZE,
            large_bytes: load(&self.large_bytes),
            large_count: load(&self.large_count),
            spans_made,
            spans_freed: spans_made - spans,
            spans_peak,
        }
    }
}
