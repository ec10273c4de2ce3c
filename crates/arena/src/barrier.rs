//! The word that writers wait for while pages are protected.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::os::Os;

/// Counts barriers: odd while one is under way.
///
/// A thread that faults on a protected page calls [`wait_out`](Self::wait_out) from its fault handler and tries its
/// instruction again.
pub struct WriteBarrier(AtomicU32);

impl WriteBarrier {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    pub(crate) fn begin(&self) {
        // Release: a handler that sees the odd value waits; one that does not was caught by an earlier barrier.
        self.0.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn end<O: Os>(&self, os: &O) {
        // Release: pairs with the acquire load of `wait_out`.
        self.0.fetch_add(1, Ordering::Release);
        os.wake(&self.0);
    }

    /// Lets all who wait try again, while the barrier goes on.
    pub(crate) fn admit<O: Os>(&self, os: &O) {
        // Release: as in `end`.
        self.0.fetch_add(2, Ordering::Release);
        os.wake(&self.0);
    }

    /// How many beginnings and ends there were. While it stays the same and even, nothing is protected by a barrier.
    pub fn phase(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// Waits until the barrier that is under way ends, or lets writers try again; returns the phase then.
    pub fn wait_for_turn<O: Os>(&self, os: &O) -> u32 {
        let before = self.phase();
        let mut now = before;
        while !now.is_multiple_of(2) && now == before {
            os.wait(&self.0, before);
            now = self.phase();
        }
        now
    }

    /// Waits until no barrier is under way; returns the phase then.
    pub fn wait_out<O: Os>(&self, os: &O) -> u32 {
        loop {
            let phase = self.phase();
            if phase.is_multiple_of(2) {
                return phase;
            }
            os.wait(&self.0, phase);
        }
    }
}
