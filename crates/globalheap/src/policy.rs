//! Meshing as a policy: a type, not a flag.

use core::ops::ControlFlow;

use meshing::{Budget, Candidate, ComplementMesher, Merge, Mesher, NoMesh, SplitMesher};
use rand_pcg::Pcg32;

/// Where among the free slots of a span objects are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Anywhere: the slots in use are a random set, whatever the program does (PLDI 2019, section 4.2).
    Random,
    /// In the order of addresses. What the program frees by a rule then leaves the same slots in use in many spans, which do
    /// not mesh: for measuring what randomness brings.
    Ascending,
}

/// A search that a global heap can make for itself, and the placement that it hopes for.
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
