//! The barrier of a mesh or a fork: writers are kept out of pages from its beginning to its end.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{Barrier, PageIndex, Refused, Run, WriteProtection};

use crate::arena::Arena;
use crate::os::{Access, Errno, Os, SignalMask};
use crate::protection::BarrierTier;

// SAFETY: protection changes what a mapping permits, or what the kernel does about writers, as each method says, and says if it
// does not.
unsafe impl<O: Os> WriteProtection for Arena<O> {
    fn begin_barrier(&self) -> Barrier {
        let mask = self.os.block_signals();
        self.windows.lock().ballast.load(&self.os);
        self.barrier.begin();
        self.kernel_writes.look(&self.os);
        Barrier(mask.0)
    }

    fn end_barrier(&self, barrier: Barrier) {
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

    fn protect(&self, run: Run) -> Result<(), Refused> {
        let (at, len) = self.range(run).ok_or(Refused)?;
        let in_kernel = if self.forking() {
            None
        } else {
            self.hold_in_kernel(run)
        };
        // SAFETY: the arena owns the range; a barrier is under way, so writers wait.
        let by_signal = || unsafe { self.os.protect(at, len, Access::Read) };
        self.note_protected(run, in_kernel.unwrap_or_else(by_signal))
    }

    fn protect_from_all(&self, run: Run) -> Result<(), Refused> {
        let (at, len) = self.range(run).ok_or(Refused)?;
        // A thread that runs on the pages would wait for itself.
        let here = (&raw const at).addr();
        if (at.addr().get()..at.addr().get() + len).contains(&here) {
            return Err(Refused);
        }
        let held = self.hold_in_kernel(run).ok_or(Refused)?;
        self.held_in_kernel.store(true, Ordering::Relaxed);
        self.note_protected(run, held)
    }

    fn unprotect(&self, run: Run) {
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

    fn is_named(&self, run: Run) -> bool {
        self.kernel_writes.names(run)
    }

    fn each_named(&self, act: impl FnMut(Run)) {
        self.kernel_writes.published().for_each(act);
    }

    fn stops_the_kernel(&self) -> bool {
        self.barrier_tier() == BarrierTier::Userfaultfd
    }
}

impl<O: Os> Arena<O> {
    /// Does not keep writers out of the pages of `len` bytes at `start` in the kernel any more, where somebody else wants to. They
    /// are pinned.
    pub fn leave_unwatched(&self, start: usize, len: usize) {
        let Some(ground) = self.ground() else { return };
        for pages in ground.spans.iter() {
            let first = ground.map.address(PageIndex(pages.start));
            let end = ground.map.address(PageIndex(pages.end));
            let (from, to) = (start.max(first), start.saturating_add(len).min(end));
            if let Some(at) = NonNull::new(from as *mut u8)
                && from < to
            {
                let forget = || self.watch.lock().forget(&self.os, (at, to - from));
                self.uninterrupted(forget);
            }
        }
    }

    /// Keeps writers out of `run` in the kernel; `None` where that cannot be had.
    pub(crate) fn hold_in_kernel(&self, run: Run) -> Option<Result<(), Errno>> {
        let ground = self.ground()?;
        let range = self.range(run)?;
        let mut watched = Self::watched(ground);
        self.watch.lock().protect(&self.os, &mut watched, range)
    }

    /// Notes that a run is protected, or lets writers into all of it again where that was refused.
    pub(crate) fn note_protected(
        &self,
        run: Run,
        protected: Result<(), Errno>,
    ) -> Result<(), Refused> {
        self.protected
            .fetch_add(run.pages.index(), Ordering::Relaxed);
        protected.map_err(|_| {
            // Of a run in several mappings a part may be protected.
            self.unprotect(run);
            Refused
        })
    }

    /// Lets writers into a page that the fork under way protects; for the thread that forks, which holds all locks.
    pub fn admit(&self, page: PageIndex) -> Result<(), Refused> {
        let at = self.address(page).ok_or(Refused)?;
        // SAFETY: the arena owns the page, and more access never hurts anybody.
        unsafe { self.os.protect(at, O::PAGE_SIZE, Access::ReadWrite) }.map_err(|_| Refused)?;
        self.barrier.admit(&self.os);
        Ok(())
    }

    /// Whether the barrier under way is that of a fork. Its child inherits what `mprotect` protects, and nothing else.
    pub(crate) fn forking(&self) -> bool {
        self.forking.load(Ordering::Relaxed)
    }
}
