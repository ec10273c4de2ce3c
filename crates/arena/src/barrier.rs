//! The barrier of a mesh or a fork: writers are kept out of pages from its beginning to its end.

use core::sync::atomic::Ordering;

use heap::{Barrier, Refused, Run};

use crate::arena::Arena;
use crate::os::{Access, Os, SignalMask};

/// Whether the calling thread runs on these bytes: then it would wait for itself.
#[inline(never)]
fn runs_on(at: usize, len: usize) -> bool {
    (&raw const len).addr().wrapping_sub(at) < len
}

impl<O: Os> Arena<O> {
    /// From now on writers to protected pages wait. Signals are blocked.
    pub(crate) fn begin_barrier(&self) -> Barrier {
        let mask = self.os.block_signals();
        self.windows.lock().ballast.load(&self.os);
        self.barrier.begin();
        self.kernel_writes.look(&self.os);
        Barrier(mask.0)
    }

    /// Lets go who waits, and restores the signals. Nothing is protected any more.
    pub(crate) fn end_barrier(&self, barrier: Barrier) {
        debug_assert_eq!(
            self.protected.load(Ordering::Relaxed),
            0,
            "a run stays protected"
        );
        self.watch.lock().settle(&self.os);
        self.forking.store(false, Ordering::Relaxed);
        self.held_in_kernel.store(false, Ordering::Relaxed);
        self.barrier.end(&self.os);
        self.os.restore_signals(SignalMask(barrier.0));
    }

    /// Keeps writers out of a run.
    pub(crate) fn protect(&self, run: Run) -> Result<(), Refused> {
        let (at, len) = self.range(run).ok_or(Refused)?;
        if runs_on(at.addr().get(), len) {
            return Err(Refused);
        }
        let in_kernel = if self.forking() {
            None
        } else {
            self.hold_in_kernel(run)
        };
        // SAFETY: the arena owns the range; a barrier is under way, so writers wait.
        let by_signal = || unsafe { self.os.protect(at, len, Access::Read) };
        self.note_protected(run, in_kernel.unwrap_or_else(by_signal))
    }

    /// Keeps writers out of a run, the kernel included.
    pub(crate) fn protect_from_all(&self, run: Run) -> Result<(), Refused> {
        let (at, len) = self.range(run).ok_or(Refused)?;
        if runs_on(at.addr().get(), len) {
            return Err(Refused);
        }
        let held = self.hold_in_kernel(run).ok_or(Refused)?;
        self.held_in_kernel.store(true, Ordering::Relaxed);
        self.note_protected(run, held)
    }

    /// Lets writers into a run again.
    pub(crate) fn unprotect(&self, run: Run) {
        let Some((at, len)) = self.range(run) else {
            return;
        };
        let held = !self.forking() || self.held_in_kernel.load(Ordering::Relaxed);
        let lift = || self.watch.lock().lift(&self.os, (at, len));
        if held && self.insist(lift).is_err() {
            self.watch.lock().lift_in_place(&self.os, (at, len));
        }
        // Either tier may have protected it.
        // SAFETY: the arena owns the range, and more access never hurts anybody.
        let _ = self.insist(|| unsafe { self.os.protect(at, len, Access::ReadWrite) });
        self.note_writable(run);
    }
}
