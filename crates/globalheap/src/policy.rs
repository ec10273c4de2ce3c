//! Meshing as a policy: a type, not a flag.

use meshing::{ComplementMesher, Mesher, NoMesh, SplitMesher};
use rand_pcg::Pcg32;

/// A search that a global heap can make for itself.
pub trait MeshPolicy: Mesher + Send {
    /// Whether there is any point in looking for spans to mesh.
    const MESHES: bool = true;

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
