//! What a fork copies for its child: the shared pages, in a second window.

use core::sync::atomic::Ordering;

use heap::{PageIndex, Refused, Run};

use crate::arena::Arena;
use crate::os::{Access, Os};
use crate::page_map::NOWHERE;

impl<O: Os> Arena<O> {
    /// Takes the lock of the unused runs until the fork's end.
    pub(crate) fn lock_for_fork(&self) {
        self.state.lock_for_fork();
        self.forking.store(true, Ordering::Relaxed);
    }

    /// Takes the locks that a barrier needs until the fork's end.
    pub(crate) fn lock_shared_for_fork(&self) {
        self.windows.lock_for_fork();
        self.watch.lock_for_fork();
    }

    /// Opens what the two above have locked.
    ///
    /// # Safety
    /// The calling thread took these locks, in this process or in its parent at the fork.
    pub(crate) unsafe fn unlock_after_fork(&self) {
        // SAFETY: the caller took the lock.
        unsafe { self.watch.unlock_after_fork() };
        // SAFETY: as above.
        unsafe { self.windows.unlock_after_fork() };
        // SAFETY: as above.
        unsafe { self.state.unlock_after_fork() };
    }

    /// Makes room for a copy of the shared pages of a run.
    pub(crate) fn reserve_snapshot(&self, run: Run) -> Result<(), Refused> {
        let pages = self.ground().ok_or(Refused)?.map.pages();
        let windows = &mut *self.windows.lock();
        let mut open = || {
            windows
                .snapshot
                .open(&self.os, &mut windows.metadata, pages, run)
                .map(drop)
        };
        open()
            .or_else(|refused| {
                if windows.ballast.lighten(&self.os) {
                    open()
                } else {
                    Err(refused)
                }
            })
            .map_err(|_| Refused)
    }

    /// Copies the shared pages of a run.
    pub(crate) fn copy_to_snapshot(&self, run: Run) {
        let mut windows = self.windows.lock();
        let from = windows.current.address::<O>(run.first);
        let to = windows.snapshot.address::<O>(run.first);
        let (Some(from), Some(to)) = (from, to) else {
            return;
        };
        // SAFETY: both are chunks of windows in which the run was opened, so its bytes are there; nobody writes to them.
        unsafe { from.copy_to_nonoverlapping(to, Self::bytes(run)) };
    }

    /// In the parent: the copies are the child's.
    pub(crate) fn drop_snapshot(&self) {
        self.windows.lock().snapshot.unmap(&self.os);
    }

    /// In the child: the copies are the shared pages from now on.
    pub(crate) fn adopt_snapshot(&self) {
        let windows = &mut *self.windows.lock();
        windows.current.adopt(&self.os, &mut windows.snapshot);
        self.watch.lock().leave_parent(&self.os);
    }

    /// In the child: addresses of a dead span, which has no pages.
    pub(crate) fn fill(&self, run: Run) -> Result<(), Refused> {
        let at = self.address(run.first).ok_or(Refused)?;
        // Inaccessible memory is in nobody's account of data, as the shared pages were not.
        // SAFETY: the arena owns the run, and the span is dead.
        self.insist(|| unsafe { self.os.replace(at, Self::bytes(run), Access::None) })?;
        let map = &self.ground().ok_or(Refused)?.map;
        self.note_onto(map, run, Some(PageIndex(NOWHERE)));
        Ok(())
    }

    /// The first page from `from` on that is on shared pages.
    pub(crate) fn next_shared(&self, from: PageIndex) -> Option<PageIndex> {
        let map = &self.ground()?.map;
        let unused = self.state.lock().unused()?;
        let below = from.0..unused.start;
        let above = from.0.max(unused.end)..map.pages();
        below
            .chain(above)
            .map(PageIndex)
            .find(|&page| map.is_shared(page))
    }
}
