//! What the steps of a mesh and of a fork have in common: counting mappings, trying again, following a remap.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{PageHeap, PageIndex, Refused, Run};

use crate::arena::Arena;
use crate::os::{Access, Advice, Errno, Os};
use crate::page_map::PageMap;

impl<O: Os> Arena<O> {
    /// Whether there may be more mappings, by our own count of them.
    pub(crate) fn has_mappings_left(&self) -> bool {
        self.has_room_for(self.with_windows(|windows| windows.current.mapped()))
    }

    /// The same for who has looked how many chunks of the window are mapped.
    pub(crate) fn has_room_for(&self, chunks: usize) -> bool {
        // One mesh adds four mappings at most: two spans, each with a border on both sides.
        self.mappings.load(Ordering::Relaxed) + chunks + 4 <= self.mappings_permitted()
    }

    /// The addresses of a run: start and length in bytes.
    pub(crate) fn range(&self, run: Run) -> Option<(NonNull<u8>, usize)> {
        Some((self.address(run.first)?, Self::bytes(run)))
    }

    /// Keeps writers out of `run` in the kernel; `None` where that cannot be had.
    pub(crate) fn hold_in_kernel(&self, run: Run) -> Option<Result<(), Errno>> {
        let arena = self.whole()?;
        let range = self.range(run)?;
        self.watch.lock().protect(&self.os, arena, range)
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

    /// Tries `step`; when the system refuses, gives the ballast up and tries once more.
    pub(crate) fn insist<R>(&self, step: impl Fn() -> Result<R, Errno>) -> Result<R, Refused> {
        step().or_else(|_| {
            self.windows.lock().ballast.drop(&self.os);
            step().map_err(|_| Refused)
        })
    }

    /// Notes that `run` is now on shared pages, or on private ones again, and counts the mappings that this makes.
    ///
    /// Between a private page and a shared one there is always a border. Between two shared ones one is counted too,
    /// although the kernel makes one mapping of runs that are neighbours in the window as well.
    pub(crate) fn note_shared(&self, map: &PageMap, run: Run, shared: bool) {
        // Under the lock: the neighbours' bits may change at the same time.
        let _windows = self.windows.lock();
        if map.is_shared(run.first) == shared {
            return;
        }
        map.set_shared(run, shared);
        let before = run.first.0.checked_sub(1).map(PageIndex);
        let neighbours = [before, Some(run.end())];
        let borders = neighbours
            .iter()
            .flatten()
            .filter(|&&page| !map.is_shared(page))
            .count();
        if shared {
            self.mappings.fetch_add(borders, Ordering::Relaxed);
        } else {
            self.mappings.fetch_sub(borders, Ordering::Relaxed);
        }
    }

    /// Notes that a run is writable again. It may have been so all the time: a fork goes on when protecting is refused.
    pub(crate) fn note_writable(&self, run: Run) {
        let lifted = |protected: usize| Some(protected.saturating_sub(run.pages.index()));
        let _ = self
            .protected
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, lifted);
    }

    /// A hint to the system; a refusal is counted.
    pub(crate) fn hint(&self, at: NonNull<u8>, len: usize, advice: Advice) {
        if self.os.advise(at, len, advice).is_err() {
            self.hints_refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Replaces `run` by zeroed private pages that are one mapping with their neighbours.
    ///
    /// # Safety
    /// Nobody needs the content.
    pub(crate) unsafe fn renew(&self, run: Run) -> Result<(), Refused> {
        let at = self.address(run.first).ok_or(Refused)?;
        let len = Self::bytes(run);
        // SAFETY: the arena owns the range; the caller gives the content up.
        self.insist(|| unsafe { self.os.replace(at, len, Access::ReadWrite) })?;
        self.follow(at, len);
        Ok(())
    }

    /// [`renew`](Self::renew) for who keeps no barrier out: its locks are among those that a barrier needs.
    ///
    /// # Safety
    /// Nobody needs the content.
    pub(crate) unsafe fn renew_uninterrupted(&self, run: Run) -> Result<(), Refused> {
        self.uninterrupted(|| {
            // SAFETY: the same contract.
            unsafe { self.renew(run) }
        })
    }

    /// After a remap: the new mapping is watched as its neighbours are, and writers who waited at the old one go on.
    pub(crate) fn follow(&self, at: NonNull<u8>, len: usize) {
        if self.watch.lock().follow(&self.os, (at, len)).is_err() {
            self.hints_refused.fetch_add(1, Ordering::Relaxed);
        }
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
