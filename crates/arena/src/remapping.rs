//! What the steps of a mesh and of a fork have in common: counting mappings, trying again, following a remap.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{PageIndex, Refused, Remapping, Run};

use crate::arena::Arena;
use crate::os::{Access, Advice, Errno, Os};
use crate::page_map::PageMap;
use crate::tuning::WINDOW_CHUNK;

impl<O: Os> Arena<O> {
    /// The addresses of a run: start and length in bytes.
    pub(crate) fn range(&self, run: Run) -> Option<(NonNull<u8>, usize)> {
        Some((self.address(run.first)?, Self::bytes(run)))
    }

    /// Mappings that may still be added, by our own count of them, where the window has `windows`.
    pub(crate) fn count_left(&self, windows: usize) -> usize {
        let used = self.mappings.load(Ordering::Relaxed) + windows;
        Remapping::mappings_permitted(self).saturating_sub(used)
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
        let windows = &mut *self.windows.lock();
        windows.shared.note(run);
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
}

/// Whether a mapping ends before `page`.
pub(crate) fn is_border<O: Os>(map: &PageMap, page: PageIndex) -> bool {
    map.is_border(page, (WINDOW_CHUNK / O::PAGE_SIZE) as u32)
}
