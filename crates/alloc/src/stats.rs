//! Figures.

use crate::heap::HEAP;
use crate::request::PAGE;

/// Figures of the heap, as numbers of bytes unless said otherwise.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// Of blocks in use, and of slots that threads keep.
    pub allocated: usize,
    /// Of physical memory that the heap has, each page counted once; of large blocks, as if they were touched everywhere.
    pub resident: usize,
    /// That meshing saves now.
    pub saved: usize,
    /// Meshes so far, as a number.
    pub meshes: usize,
    /// Whether the heap is meshed.
    pub meshing: bool,
    /// Requests for pages that the limit refused, before the heap was compacted or after, as a number.
    pub refused: usize,
    /// Threads that have a front end, as a number.
    pub threads: usize,
}

impl Stats {
    pub(crate) fn of_now() -> Self {
        let heap = HEAP.global();
        let (stats, meshed) = (heap.stats(), heap.mesh_stats());
        Self {
            allocated: stats.small_bytes + stats.large_bytes,
            resident: stats.span_bytes + stats.large_bytes + heap.pages().stats().dirty,
            saved: meshed.pages_saved * PAGE,
            meshes: meshed.meshes,
            meshing: heap.meshing_enabled() && heap.barrier_suffices(),
            refused: heap.pages().refused_at_limit(),
            threads: HEAP.attached(),
        }
    }
}
