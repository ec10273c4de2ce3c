//! Hazards, seen from the pages: see the crate `hazard`.

use core::sync::atomic::{AtomicBool, Ordering};

use hazard::{Chunk, Hazards, Pages, Record};
use heap::Run;

use crate::arena::Arena;
use crate::os::{Access, Os};

/// The records of all threads, and whether they can be trusted.
pub(crate) struct KernelWrites {
    hazards: Hazards,
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

impl<O: Os> Arena<O> {
    /// What the kernel may write to.
    pub fn hazards(&self) -> &Hazards {
        &self.kernel_writes.hazards
    }

    /// Relieves calls of their fence, if the system can make all threads pass one. To be called before there are calls.
    pub fn watch_hazards(&self) {
        if self.os.register_fence().is_ok() {
            self.kernel_writes.hazards.set_asymmetric();
        }
    }

    /// A record for the thread `owner`: see [`Hazards::take`]. Takes no lock. `None` when there is no memory.
    pub fn take_record(&self, owner: usize) -> Option<&Record> {
        const { assert!(size_of::<Chunk>().is_multiple_of(O::PAGE_SIZE)) };
        if let Some(record) = self.hazards().take(owner) {
            return Some(record);
        }
        let memory = self
            .os
            .reserve(size_of::<Chunk>(), Access::ReadWrite)
            .ok()?;
        // SAFETY: a fresh mapping of zeros, which is never unmapped while the arena lives.
        unsafe { self.hazards().add(memory.cast()) };
        self.hazards().take(owner)
    }
}
