//! The records of threads in whose calls the kernel may write to the arena.

use hazard::{Chunk, HazardRecord, Hazards};

use crate::arena::Arena;
use crate::os::{Access, Os, Purpose};

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
    pub fn take_record(&self, owner: usize) -> Option<&HazardRecord> {
        const { assert!(size_of::<Chunk>().is_multiple_of(O::PAGE_SIZE)) };
        if let Some(record) = self.hazards().take(owner) {
            return Some(record);
        }
        let memory = self
            .os
            .reserve(size_of::<Chunk>(), Access::ReadWrite)
            .ok()?;
        self.os.name(memory, size_of::<Chunk>(), Purpose::Work);
        // SAFETY: a fresh mapping of zeros, which is never unmapped while the arena lives.
        unsafe { self.hazards().add(memory.cast()) };
        self.hazards().take(owner)
    }
}
