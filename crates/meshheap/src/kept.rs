//! What cycles keep from one to the next.

use crate::lasting::Lasting;
use crate::progress::Progress;

/// What cycles keep from one to the next.
pub(crate) struct Cycle<M> {
    /// Made at the first cycle, since it wants a seed.
    pub(crate) mesher: Option<M>,
    /// How far a cycle in slices has come.
    pub(crate) progress: Progress,
    /// Bytes of small objects in use when the last cycle began, if one has.
    pub(crate) live_before: Option<usize>,
    /// How long it lasts what cycles gain.
    pub(crate) lasting: Lasting,
}

impl<M> Cycle<M> {
    pub(crate) const fn new() -> Self {
        Self {
            mesher: None,
            progress: Progress::new(),
            live_before: None,
            lasting: Lasting::new(),
        }
    }
}
