//! Hazards, seen from the pages: see the crate `hazard`.

use core::sync::atomic::{AtomicBool, Ordering};

use hazard::{Hazards, Pages};
use heap::Run;

use crate::os::Os;

/// The records of all threads, and whether they can be trusted.
pub(crate) struct KernelWrites {
    pub(crate) hazards: Hazards,
    /// Whether the barrier under way cannot know what is named.
    blind: AtomicBool,
}

impl KernelWrites {
    pub(crate) const fn new() -> Self {
        Self {
            hazards: Hazards::new(),
            blind: AtomicBool::new(false),
        }
    }

    /// Makes visible what calls published that did not see the barrier, which has just begun.
    pub(crate) fn look<O: Os>(&self, os: &O) {
        let seen = if self.hazards.is_asymmetric() {
            // After some ways to make a process it has to be registered anew.
            let again = |_| os.register_fence().and_then(|()| os.fence_all());
            os.fence_all().or_else(again)
        } else {
            self.hazards.fence_of_mesh();
            Ok(())
        };
        // Relaxed: written and read by the thread that has the barrier.
        self.blind.store(seen.is_err(), Ordering::Relaxed);
    }

    /// What calls have published.
    pub(crate) fn published(&self) -> impl Iterator<Item = Run> {
        self.hazards.published().map(Pages::run)
    }

    /// Whether a call may write to `run` meanwhile. When the system refuses the fence, any may.
    pub(crate) fn names(&self, run: Run) -> bool {
        self.blind.load(Ordering::Relaxed) || self.hazards.names(Pages::of(run))
    }
}
