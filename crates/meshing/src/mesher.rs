//! What all searches have in common.

use core::ops::ControlFlow;

use crate::{Budget, Candidate};

/// One mesh to carry out: the objects of `join` are copied into the free slots of `keep`, the
/// virtual spans of `join` are mapped onto the pages of `keep`, and the pages of `join` are released.
///
/// Both are indices into the candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// The span whose physical pages stay.
    pub keep: u32,
    /// The span whose physical pages are released.
    pub join: u32,
}

/// A policy that decides which spans of one size class to mesh.
pub trait Mesher {
    /// Whether a search among candidates of which some are hosts is one for those that join them: hosts keep, others join. A search
    /// that does not mind hosts takes them for spans as any other.
    const MINDS_HOSTS: bool = false;

    /// Words of scratch memory a search among this many spans of `slots` slots needs.
    #[must_use]
    fn scratch_words(spans: usize, slots: usize) -> usize;

    /// Looks for spans to mesh and hands each merge to `found`, until there is nothing more to
    /// find, the budget is used up, or `found` breaks off.
    ///
    /// Carried out in the order they were found, merges never overlap: `keep` then stands for the
    /// union of its own live slots and those of every span that joined it before. It may be named
    /// again as `keep`; a span that joined is not named again.
    ///
    /// Spans that are empty, full, or have live slots outside `0..slots` are left alone. With too
    /// little scratch memory nothing is found. What `scratch` held before does not matter.
    fn find(
        &mut self,
        spans: &[Candidate],
        slots: usize,
        scratch: &mut [u32],
        budget: &mut Budget,
        found: impl FnMut(Merge) -> ControlFlow<()>,
    );
}
