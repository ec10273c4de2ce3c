//! Meshing as a policy: a type, not a flag.

use core::ops::ControlFlow;

use globalheap::Placement;
use meshing::{Budget, Candidate, ComplementMesher, Merge, Mesher, NoMesh, SplitMesher};
use rand_pcg::Pcg32;

/// A search that a heap can make for itself, and the placement that it hopes for.
pub trait MeshPolicy: Mesher + Send {
    /// Whether there is any point in looking for spans to mesh.
    const MESHES: bool = true;
    /// Where objects are placed.
    const PLACEMENT: Placement = Placement::Random;

    /// A search whose random choices, if it makes any, follow from `seed`.
    fn seeded(seed: u64) -> Self;
}

impl MeshPolicy for NoMesh {
    const MESHES: bool = false;

    fn seeded(_seed: u64) -> Self {
        Self
    }
}

impl MeshPolicy for ComplementMesher {
    fn seeded(_seed: u64) -> Self {
        Self
    }
}

impl<const T: usize> MeshPolicy for SplitMesher<T> {
    fn seeded(seed: u64) -> Self {
        Self::new(Pcg32::new(seed, seed.rotate_left(32)))
    }
}

/// The search `M` where objects are placed in the order of addresses.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ordered<M>(M);

impl<M: Mesher> Mesher for Ordered<M> {
    fn scratch_words(spans: usize, slots: usize) -> usize {
        M::scratch_words(spans, slots)
    }

    fn find(
        &mut self,
        spans: &[Candidate],
        slots: usize,
        scratch: &mut [u32],
        budget: &mut Budget,
        found: impl FnMut(Merge) -> ControlFlow<()>,
    ) {
        self.0.find(spans, slots, scratch, budget, found);
    }
}

impl<M: MeshPolicy> MeshPolicy for Ordered<M> {
    const MESHES: bool = M::MESHES;
    const PLACEMENT: Placement = Placement::Ascending;

    fn seeded(seed: u64) -> Self {
        Self(M::seeded(seed))
    }
}
