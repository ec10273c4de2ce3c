//! The policy of a heap that never meshes.

use core::ops::ControlFlow;

use crate::{Budget, Candidate, Merge, Mesher};

/// Finds nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMesh;

impl Mesher for NoMesh {
    fn scratch_words(_spans: usize, _slots: usize) -> usize {
        0
    }

    fn find(
        &mut self,
        _spans: &[Candidate],
        _slots: usize,
        _scratch: &mut [u32],
        _budget: &mut Budget,
        _found: impl FnMut(Merge) -> ControlFlow<()>,
    ) {
    }
}
