//! The word that writers wait for while pages are protected.

use crate::atomic::{AtomicU32, Ordering};
use crate::const_unless_loom;

/// Sleeping until a word changes.
pub trait Futex {
    /// Sleeps while `word` holds `value`; may return early.
    fn wait(&self, word: &AtomicU32, value: u32);

    /// Wakes all who wait for `word`.
    fn wake(&self, word: &AtomicU32);
}

/// Counts barriers: odd while one is under way.
///
/// A thread that faults on a protected page waits in its fault handler, [for its turn](Self::wait_for_turn) or [for the
/// end](Self::wait_out), and tries its instruction again.
#[derive(Debug)]
pub struct WriteBarrier(AtomicU32);

impl WriteBarrier {
    const_unless_loom! {
        /// No barrier is under way.
        pub fn new() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    /// A barrier is under way from here on. There is one at a time.
    pub fn begin(&self) {
        // Release: a handler that sees the odd value waits; one that does not was caught by an earlier barrier.
        self.0.fetch_add(1, Ordering::Release);
    }

    /// It is over: lets all who wait go on.
    pub fn end<F: Futex>(&self, os: &F) {
        // Release: pairs with the acquire load of `wait_out`.
        self.0.fetch_add(1, Ordering::Release);
        os.wake(&self.0);
    }

    /// Lets all who wait try again, while the barrier goes on.
    pub fn admit<F: Futex>(&self, os: &F) {
        // Release: as in `end`.
        self.0.fetch_add(2, Ordering::Release);
        os.wake(&self.0);
    }

    /// How many beginnings and ends there were. While it stays the same and even, nothing is protected by a barrier.
    pub fn phase(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// Waits while a barrier is under way that was so when the phase was `seen`, and has let nobody try again since.
    ///
    /// Who faults reads the phase, tries again, and waits with this phase if that faults too. With one read after the only fault
    /// it could wait for a chance that it has had: the page may have been opened between the two.
    pub fn wait_for_turn<F: Futex>(&self, os: &F, seen: u32) {
        while !seen.is_multiple_of(2) && self.phase() == seen {
            os.wait(&self.0, seen);
        }
    }

    /// Waits until no barrier is under way; returns the phase then.
    pub fn wait_out<F: Futex>(&self, os: &F) -> u32 {
        loop {
            let phase = self.phase();
            if phase.is_multiple_of(2) {
                return phase;
            }
            os.wait(&self.0, phase);
        }
    }
}

impl Default for WriteBarrier {
    fn default() -> Self {
        Self::new()
    }
}
