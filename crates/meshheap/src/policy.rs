//! Meshing as a policy: a type, not a flag.

use core::marker::PhantomData;
use core::ops::ControlFlow;

use globalheap::Placement;
use meshing::{Budget, Candidate, ComplementMesher, Merge, Mesher, NoMesh, SplitMesher};
use rand_pcg::Pcg32;

/// A search that a heap can make for itself, and the placement that it hopes for.
pub trait MeshPolicy: Mesher + Send {
    /// Whether there is any point in looking for spans to mesh.
    const MESHES: bool = true;
    /// Where objects are placed.
    const PLACEMENT: Placement = Placement::Rotated;

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
    /// As published.
    const PLACEMENT: Placement = Placement::Permuted;

    fn seeded(seed: u64) -> Self {
        Self::new(Pcg32::new(seed, seed.rotate_left(32)))
    }
}

/// A placement as a type.
pub trait Placing: Send {
    /// It.
    const PLACEMENT: Placement;
}

/// [`Placement::Permuted`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Permute;

/// [`Placement::Ascending`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Ascend;

impl Placing for Permute {
    const PLACEMENT: Placement = Placement::Permuted;
}

impl Placing for Ascend {
    const PLACEMENT: Placement = Placement::Ascending;
}

/// The search `M` where objects are placed as `P` says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Placed<M, P>(M, PhantomData<P>);

/// The search `M` where the slots in use are a random set whatever the program does: for what must not be guessed.
pub type Permuted<M> = Placed<M, Permute>;

/// The search `M` where objects are placed in the order of addresses.
pub type Ordered<M> = Placed<M, Ascend>;

impl<M: Mesher, P> Mesher for Placed<M, P> {
    const MINDS_HOSTS: bool = M::MINDS_HOSTS;

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

impl<M: MeshPolicy, P: Placing> MeshPolicy for Placed<M, P> {
    const MESHES: bool = M::MESHES;
    const PLACEMENT: Placement = P::PLACEMENT;

    fn seeded(seed: u64) -> Self {
        Self(M::seeded(seed), PhantomData)
    }
}
