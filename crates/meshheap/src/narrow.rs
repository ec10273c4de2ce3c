//! Objects that are left alone because somebody may write to their physical pages without having said so.

use globalheap::Report;
use heap::{ClassMap, PageHeap, SizeClass};
use miniheap::SpanClasses;

use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Meshes objects of fewer than `bytes` only, from the next mesh on; never more again.
    pub fn mesh_only_below(&self, bytes: usize) {
        self.meshed_below.lower(bytes);
    }

    /// Whether objects of `class` are left alone.
    pub(crate) fn is_left_alone(&self, class: SizeClass) -> bool {
        // Relaxed: who narrows has looked at what other threads may have done an instant later as well.
        SpanClasses::object_size(class) >= self.meshed_below.load()
    }
}
