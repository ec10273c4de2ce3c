//! What the steps of a mesh and of a fork have in common: counting mappings, trying again, following a remap.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{PageIndex, Refused, Run};

use crate::arena::Arena;
use crate::os::{Access, Advice, Errno, Os};
use crate::page_map::PageMap;
use crate::tuning::WINDOW_CHUNK;

impl<O: Os> Arena<O> {
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

    /// Mappings that may still be added, by our own count of them, where the window has `windows`.
    pub(crate) fn count_left(&self, windows: usize) -> usize {
        let used = self.mappings.load(Ordering::Relaxed) + windows;
        self.mappings_permitted().saturating_sub(used)
    }

    /// Mappings that it adds to put a run on shared pages back on private ones.
    pub(crate) fn borders_left_behind(&self, run: Run) -> usize {
        let Some(ground) = self.ground() else {
            return 0;
        };
        let map = &ground.map;
        let now = [run.first, run.end()].map(|page| usize::from(is_border::<O>(map, page)));
        let before = run.first.0.checked_sub(1).map(PageIndex);
        let beside = [before, Some(run.end())];
        let shared = beside.iter().flatten().filter(|&&page| map.is_shared(page));
        shared.count().saturating_sub(now.iter().sum())
    }

    /// Tries `step`; when the system refuses, gives the ballast up and tries once more.
    pub(crate) fn insist<R>(&self, step: impl Fn() -> Result<R, Errno>) -> Result<R, Refused> {
        step().or_else(|_| {
            self.windows.lock().ballast.drop(&self.os);
            step().map_err(|_| Refused)
        })
    }

    /// Notes that `run` is now on the shared pages named by `onto`, or on private ones again, and counts the mappings that
    /// this makes, or saves.
    pub(crate) fn note_onto(&self, map: &PageMap, run: Run, onto: Option<PageIndex>) {
        // Under the lock: the neighbours may change at the same time.
        let _windows = self.windows.lock();
        let borders = || {
            let ends = [run.first, run.end()];
            ends.iter()
                .filter(|&&page| is_border::<O>(map, page))
                .count()
        };
        let before = borders();
        map.set_onto(run, onto);
        let after = borders();
        if after > before {
            self.mappings.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.mappings.fetch_sub(before - after, Ordering::Relaxed);
        }
    }

    /// Mappings that it adds at most to put a run onto shared pages.
    pub(crate) fn borders_to_come(&self, run: Run) -> usize {
        let Some(ground) = self.ground() else {
            return 0;
        };
        let ends = [run.first, run.end()];
        let is_inside = |page: &&PageIndex| !is_border::<O>(&ground.map, **page);
        match ground.map.onto(run.first) {
            Some(_) => 0,
            None => ends.iter().filter(is_inside).count(),
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

fn is_border<O: Os>(map: &PageMap, page: PageIndex) -> bool {
    map.is_border(page, (WINDOW_CHUNK / O::PAGE_SIZE) as u32)
}
