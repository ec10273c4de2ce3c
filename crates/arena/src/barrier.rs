//! The barrier of a mesh or a fork: writers are kept out of pages from its beginning to its end.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{Barrier, HeldMappings, PageCount, PageIndex, Refused, Remapping, Run, WriteProtection};

use crate::arena::Arena;
use crate::os::{Access, Errno, Os};
use crate::protection::BarrierTier;

impl<O: Os> Arena<O> {
    /// Whether the calling thread runs on these bytes, or will when it has come back from aside: it would wait for itself.
    #[inline(never)]
    pub(crate) fn runs_on(&self, at: usize, len: usize) -> bool {
        let is_there = |stack: usize| stack.wrapping_sub(at) < len;
        is_there((&raw const len).addr()) || is_there(self.aside.caller())
    }
}

// SAFETY: protection changes what a mapping permits, or what the kernel does about writers, as each method says, and says if it
// does not.
unsafe impl<O: Os> WriteProtection for Arena<O> {
    fn begin_barrier(&self) -> Barrier {
        let held = self.hold_mappings();
        self.windows.lock().ballast.load(&self.os);
        self.barrier.begin();
        self.kernel_writes.look(&self.os);
        Barrier(held.0)
    }

    fn end_barrier(&self, barrier: Barrier) {
        debug_assert_eq!(
            self.protected.load(Ordering::Relaxed),
            0,
            "a run stays protected"
        );
        self.watch.lock().end_barrier(&self.os);
        self.barrier.end(&self.os);
        self.let_mappings_go(HeldMappings(barrier.0));
    }

    fn protect(&self, run: Run) -> Result<(), Refused> {
        let (at, len) = self.range(run).ok_or(Refused)?;
        if self.runs_on(at.addr().get(), len) {
            return Err(Refused);
        }
        // SAFETY: the arena owns the range; a barrier is under way, so writers wait.
        let by_signal = || unsafe { self.os.protect(at, len, Access::Read) };
        let in_kernel = self.hold_in_kernel(run);
        self.note_protected(run, in_kernel.unwrap_or_else(by_signal))
    }

    fn protect_from_all(&self, run: Run) -> Result<(), Refused> {
        let (at, len) = self.range(run).ok_or(Refused)?;
        if self.runs_on(at.addr().get(), len) {
            return Err(Refused);
        }
        let held = self.hold_in_kernel(run).ok_or(Refused)?;
        self.note_protected(run, held)
    }

    fn unprotect(&self, run: Run) {
        let Some((at, len)) = self.range(run) else {
            return;
        };
        self.lift_in_kernel((at, len));
        // Either tier may have protected it.
        self.make_writable(run);
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

    /// Lets writers into a range again that is held in the kernel.
    pub(crate) fn lift_in_kernel(&self, range: (NonNull<u8>, usize)) {
        let lift = || self.watch.lock().lift(&self.os, range);
        if self.insist(lift).is_err() {
            self.watch.lock().lift_in_place(&self.os, range);
        }
    }

    /// Makes a run writable again.
    pub(crate) fn make_writable(&self, run: Run) {
        if let Some((at, len)) = self.range(run) {
            // SAFETY: the arena owns the range, and more access never hurts anybody.
            let _ = self.insist(|| unsafe { self.os.protect(at, len, Access::ReadWrite) });
        }
        self.note_writable(run);
    }

    /// Lets writers into a page that the fork under way protects; for the thread that forks, which holds all locks.
    pub fn admit(&self, page: PageIndex) -> Result<(), Refused> {
        let grain = self.os.grain();
        let first = PageIndex(grain.down(page.index()));
        let pages = PageCount(grain.pages() as u32);
        let (at, len) = self.range(Run { first, pages }).ok_or(Refused)?;
        // SAFETY: the arena owns the pages, and more access never hurts anybody.
        unsafe { self.os.protect(at, len, Access::ReadWrite) }.map_err(|_| Refused)?;
        self.barrier.admit(&self.os);
        Ok(())
    }
}
