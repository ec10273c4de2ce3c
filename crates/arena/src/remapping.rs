//! What the steps of a mesh and of a fork have in common: counting mappings, trying again, going back to private pages.

use core::sync::atomic::Ordering;

use heap::{PageIndex, Refused, Remapping, Run};

use crate::area::Side;
use crate::arena::Arena;
use crate::ground::Ground;
use crate::os::{Access, Os, Purpose};
use crate::page_map::PageMap;
use crate::site::chunk_pages;

/// Tries `step`; as long as the system refuses and `make_room` makes room, again.
pub(crate) fn retry<R, E>(
    mut step: impl FnMut() -> Result<R, E>,
    mut make_room: impl FnMut() -> bool,
) -> Result<R, Refused> {
    loop {
        if let Ok(done) = step() {
            return Ok(done);
        }
        if !make_room() {
            // Another thread may have made room, the last that there was.
            return step().map_err(|_| Refused);
        }
    }
}

impl<O: Os> Arena<O> {
    /// Mappings that may still be added, by our own count of them, where the window has `windows`.
    pub(crate) fn count_left(&self, windows: usize) -> usize {
        let used = self.mappings.load(Ordering::Relaxed) + windows;
        Remapping::mappings_permitted(self).saturating_sub(used)
    }

    /// Tries `step`; as long as the system refuses, gives some of the ballast up and tries again.
    pub(crate) fn insist<R, E>(&self, step: impl Fn() -> Result<R, E>) -> Result<R, Refused> {
        retry(step, || self.windows.lock().ballast.lighten(&self.os))
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

    /// Replaces `run` by zeroed private pages that are one mapping with their neighbours.
    ///
    /// # Safety
    /// Nobody needs the content.
    pub(crate) unsafe fn renew(&self, run: Run) -> Result<(), Refused> {
        let at = self.address(run.first).ok_or(Refused)?;
        let len = Self::bytes(run);
        // SAFETY: the arena owns the range; the caller gives the content up.
        self.insist(|| unsafe { self.os.replace(at, len, Access::ReadWrite) })?;
        self.os.name(at, len, Purpose::Heap);
        self.follow(at, len);
        Ok(())
    }

    /// Takes back a run that is not like its neighbours: it is replaced first. `counted` says that it was counted as a mapping of
    /// its own.
    ///
    /// # Safety
    /// Nobody uses the run, and it is in no store.
    pub(crate) unsafe fn give_back_plain(
        &self,
        ground: &Ground,
        side: Side,
        run: Run,
        counted: bool,
    ) {
        ground.map.clear_advised(run);
        // A part of what the system has as one cannot be: others use the rest.
        let whole = self.range(run).filter(|_| self.os.grain().is_whole(run));
        let replaced = whole.is_some_and(|(at, len)| {
            let replace = || {
                // SAFETY: the arena owns the range, and nobody needs the content.
                self.insist(|| unsafe { self.os.replace(at, len, Access::ReadWrite) })
            };
            let replaced = self.uninterrupted(replace).is_ok();
            if replaced {
                self.os.name(at, len, Purpose::Heap);
            }
            if replaced && side == Side::Spans {
                self.keep_pages_small(at, len);
                self.uninterrupted(|| self.follow(at, len));
            }
            replaced
        });
        let mut state = self.state.lock();
        if replaced {
            if counted {
                self.mappings.fetch_sub(2, Ordering::Relaxed);
            }
            state.add_clean(&self.os, &ground.map, side, run);
        } else if counted {
            state.give_back(&ground.map, self.os.grain(), side, run);
        } else {
            // Whoever got these pages could not use them. Addresses are what there is most of.
            state.lose(run);
        }
    }
}

/// Whether a mapping ends before `page`.
pub(crate) fn is_border<O: Os>(map: &PageMap, page: PageIndex) -> bool {
    map.is_border(page, chunk_pages(O::PAGE_SIZE))
}
