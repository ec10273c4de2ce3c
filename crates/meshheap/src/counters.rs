//! Figures of meshing.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

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

    /// Adds to one of the counters.
    pub(crate) fn count(&self, counter: &AtomicUsize, by: usize) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    /// The figures of now.
    pub(crate) fn stats(&self) -> MeshStats {
        let load = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        MeshStats {
            cycles: load(&self.cycles),
            meshes: load(&self.meshes),
            pages_released: load(&self.pages_released),
            refused: load(&self.refused),
            unaffordable: load(&self.unaffordable),
            named: load(&self.named),
            pages_saved: load(&self.pages_saved),
            pages_saved_peak: load(&self.pages_saved_peak),
            longest_hold_ns: self.longest_hold_ns.load(Ordering::Relaxed),
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
