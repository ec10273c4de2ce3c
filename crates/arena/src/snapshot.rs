//! What a fork copies for its child: the shared pages, in a second window.

use core::sync::atomic::Ordering;

use heap::{ForkPages, PageIndex, Refused, Run};

use crate::arena::Arena;
use crate::os::{Access, Os};
use crate::page_map::NOWHERE;

// SAFETY: copies are made of shared pages that nobody writes to; what is refused has changed nothing.
unsafe impl<O: Os> ForkPages for Arena<O> {
    fn lock_for_fork(&self) {
        self.state.lock_for_fork();
        self.forking.store(true, Ordering::Relaxed);
    }

    fn lock_shared_for_fork(&self) {
        self.windows.lock_for_fork();
        self.watch.lock_for_fork();
    }

    unsafe fn unlock_after_fork(&self) {
        // SAFETY: the caller took the lock.
        unsafe { self.watch.unlock_after_fork() };
        // SAFETY: as above.
        unsafe { self.windows.unlock_after_fork() };
        // SAFETY: as above.
        unsafe { self.state.unlock_after_fork() };
    }

    fn reserve_snapshot(&self, run: Run) -> Result<(), Refused> {
        let site = self.ground().ok_or(Refused)?.map.site();
        let windows = &mut *self.windows.lock();
        let mut open = || windows.snapshot.open(&self.os, site, run).map(drop);
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

    fn copy_to_snapshot(&self, run: Run) {
        let mut windows = self.windows.lock();
        let from = windows.current.address::<O>(run.first);
        let to = windows.snapshot.address::<O>(run.first);
        let (Some(from), Some(to)) = (from, to) else {
            return;
        };
        // SAFETY: both are chunks of windows in which the run was opened, so its bytes are there; nobody writes to them.
        unsafe { from.copy_to_nonoverlapping(to, Self::bytes(run)) };
    }

    fn drop_snapshot(&self) {
        self.windows.lock().snapshot.unmap(&self.os);
    }

    fn adopt_snapshot(&self) {
        let windows = &mut *self.windows.lock();
        windows.current.adopt(&self.os, &mut windows.snapshot);
        self.watch.lock().leave_parent(&self.os);
    }

    fn fill(&self, run: Run) -> Result<(), Refused> {
        let at = self.address(run.first).ok_or(Refused)?;
        // Inaccessible memory is in nobody's account of data, as the shared pages were not.
        // SAFETY: the arena owns the run, and the span is dead.
        self.insist(|| unsafe { self.os.replace(at, Self::bytes(run), Access::None) })?;
        let map = &self.ground().ok_or(Refused)?.map;
        self.note_onto(map, run, Some(PageIndex(NOWHERE)));
        Ok(())
    }

    fn next_shared(&self, from: PageIndex) -> Option<PageIndex> {
        let ground = self.ground()?;
        ground.find(from, |page| ground.map.is_shared(page))
    }
}
