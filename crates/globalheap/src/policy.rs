//! Meshing as a policy: a type, not a flag.

use core::marker::PhantomData;
use core::ops::ControlFlow;

use meshing::{Budget, Candidate, ComplementMesher, Merge, Mesher, NoMesh, SplitMesher};
use rand_pcg::Pcg32;

/// Where among the free slots of a span objects are placed.
///
/// Two spans mesh if their slots in use are disjoint. Say that `a` of the `s` slots of one and `b` of the other are in use, and that
/// the program does not look at addresses. What it keeps then decides which of the objects *in the order in which they were handed
/// out* are left, and the placement which slots these are:
///
/// | placement | the chance that the two are disjoint | |
/// |---|---|---|
/// | permuted | C(s − a, b) / C(s, b) | whatever is kept (PLDI 2019, section 5) |
/// | rotated | the same | a random set is kept |
/// | | at least 1 − ab / s | whatever is kept: of the `s` distances between the two first slots, each pair of objects rules out one |
/// | | 0 | at worst: the same set in both, with two objects at each distance |
/// | ascending | 0 | the same set in both |
///
/// Neighbours in time are neighbours in memory under rotation, and processors fetch ahead what comes in the order of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// In the order of addresses from a random slot on, and at the end from the lowest on. A class in which a search finds much less
    /// than among random sets is permuted from then on.
    Rotated,
    /// Anywhere: the slots in use are a random set, whatever the program keeps.
    Permuted,
    /// In the order of addresses. For measuring what randomness brings.
    Ascending,
}

/// A search that a global heap can make for itself, and the placement that it hopes for.
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
