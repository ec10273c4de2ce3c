//! Figures of the heap.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use heap::{PageHeap, SizeClass};
use miniheap::SpanClasses;

use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::Report;

/// What meshing did, counted since the start.
pub(crate) struct MeshCounters {
    pub(crate) cycles: AtomicUsize,
    pub(crate) meshes: AtomicUsize,
    pub(crate) pages_released: AtomicUsize,
    pub(crate) refused: AtomicUsize,
    pub(crate) unaffordable: AtomicUsize,
    pub(crate) named: AtomicUsize,
    /// Pages that are shared by more than one span now, and the most there ever were: pages saved.
    pub(crate) pages_saved: AtomicUsize,
    pub(crate) pages_saved_peak: AtomicUsize,
    pub(crate) longest_hold_ns: AtomicU64,
}

impl MeshCounters {
    pub(crate) const fn new() -> Self {
        Self {
            cycles: AtomicUsize::new(0),
            meshes: AtomicUsize::new(0),
            pages_released: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            unaffordable: AtomicUsize::new(0),
            named: AtomicUsize::new(0),
            pages_saved: AtomicUsize::new(0),
            pages_saved_peak: AtomicUsize::new(0),
            longest_hold_ns: AtomicU64::new(0),
        }
    }

    /// A virtual span of `pages` pages came to lie on another's physical pages.
    pub(crate) fn save(&self, pages: usize) {
        let saved = self.pages_saved.fetch_add(pages, Ordering::Relaxed) + pages;
        self.pages_saved_peak.fetch_max(saved, Ordering::Relaxed);
    }

    /// A virtual span of `pages` pages lies on another's physical pages no more.
    pub(crate) fn unsave(&self, pages: usize) {
        self.pages_saved.fetch_sub(pages, Ordering::Relaxed);
    }
}

/// What meshing did so far.
#[derive(Clone, Copy, Default, Debug)]
pub struct MeshStats {
    /// Cycles begun.
    pub cycles: usize,
    /// Physical spans whose objects were moved to another one.
    pub meshes: usize,
    /// Pages of those spans.
    pub pages_released: usize,
    /// Steps that the system refused.
    pub refused: usize,
    /// Meshes that were left undone for want of mappings.
    pub unaffordable: usize,
    /// Spans that were left where they are since the kernel may have been writing to them.
    pub named: usize,
    /// Pages that are saved now: virtual pages less physical ones.
    pub pages_saved: usize,
    /// The most that were ever saved.
    pub pages_saved_peak: usize,
    /// The longest time that a mesh held the lock of a size class, in nanoseconds.
    pub longest_hold_ns: u64,
}

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
}

/// All of the heap.
#[derive(Clone, Copy, Debug)]
pub struct HeapStats {
    /// What meshing did.
    pub mesh: MeshStats,
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

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// The spans of `class`.
    pub fn class_stats(&self, class: SizeClass) -> ClassStats {
        let spans = self.class(class);
        let geometry = spans.geometry();
        ClassStats {
            object_size: geometry.object_size as usize,
            apart: SpanClasses::is_apart(class),
            live: spans.live(),
            spans: spans.spans(),
            slots: usize::from(geometry.slots),
            pages: geometry.pages.index(),
            physical_spans: spans.physical_spans(),
            groups: spans.groups(),
            listed: spans.listed(),
            made: spans.made(),
            peak: spans.peak(),
        }
    }

    /// The statistics of each class.
    pub fn classes(&self) -> impl Iterator<Item = ClassStats> + '_ {
        Self::class_numbers().map(|class| self.class_stats(class))
    }

    /// The number of size classes.
    pub const CLASSES: usize = SpanClasses::ALL;

    /// Figures of now.
    pub fn stats(&self) -> HeapStats {
        let meshed = &self.meshed;
        let load = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let mesh = MeshStats {
            cycles: load(&meshed.cycles),
            meshes: load(&meshed.meshes),
            pages_released: load(&meshed.pages_released),
            refused: load(&meshed.refused),
            unaffordable: load(&meshed.unaffordable),
            named: load(&meshed.named),
            pages_saved: load(&meshed.pages_saved),
            pages_saved_peak: load(&meshed.pages_saved_peak),
            longest_hold_ns: meshed.longest_hold_ns.load(Ordering::Relaxed),
        };
        let (mut small_bytes, mut span_pages) = (0, 0);
        let (mut spans, mut spans_made, mut spans_peak) = (0, 0, 0);
        for class in self.classes() {
            small_bytes += class.live * class.object_size;
            span_pages += class.spans * class.pages;
            spans += class.spans;
            spans_made += class.made;
            spans_peak += class.peak;
        }
        HeapStats {
            mesh,
            small_bytes,
            span_bytes: span_pages.saturating_sub(mesh.pages_saved) * P::PAGE_SIZE,
            large_bytes: load(&self.large_bytes),
            large_count: load(&self.large_count),
            spans_made,
            spans_freed: spans_made - spans,
            spans_peak,
        }
    }
}
