//! What a process shall do while its operations are timed.

use serde::{Deserialize, Serialize};

/// The whole plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Threads, each with objects of its own.
    pub(crate) threads: usize,
    /// Bytes of all threads' objects when all of them live.
    pub(crate) heap: u64,
    /// Bytes of each object.
    pub(crate) size: usize,
    /// The share of the objects that live on in sparse spans.
    pub(crate) keep: f64,
    /// How long to go on, in seconds.
    pub(crate) seconds: f64,
    /// Seed of the survivors.
    pub(crate) seed: u64,
}

impl Plan {
    /// Objects of one thread when all of them live.
    pub(crate) fn objects(&self) -> usize {
        (self.heap / self.threads as u64 / self.size as u64) as usize
    }
}
