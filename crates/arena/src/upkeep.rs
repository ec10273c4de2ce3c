//! Unused pages go back to the system; memory for a while, and clocks.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{PageCount, Run, Upkeep};

use crate::area::Side;
use crate::arena::Arena;
use crate::ground::Ground;
use crate::os::{Access, Os};
use crate::state::Surplus;
use crate::tuning;

// SAFETY: runs are taken out of the stores before they go back; scratch memory is a mapping of its own.
unsafe impl<O: Os> Upkeep for Arena<O> {
    fn purge(&self, all: bool, nanoseconds: u64) -> bool {
        let Some(ground) = self.ground() else {
            return false;
        };
        let deadline = self.os.clock_ns().saturating_add(nanoseconds);
        let (grain, most) = (self.os.grain(), PageCount(tuning::PURGE_BATCH));
        let mut state = self.state.lock();
        if !all && !state.pass(self.os.clock_ms()) {
            return false;
        }
        while let Some((side, run)) = state.take_dirty(&ground.map, grain, most, all) {
            // The system call takes its time: meanwhile the run is in no store, and the lock is free.
            drop(state);
            // SAFETY: the run is unused, and in no store.
            let discarded = unsafe { self.discard(run) };
            state = self.state.lock();
            if !discarded {
                // Locked memory, say: the pages stay, and are not known to be zero.
                state.give_back(&ground.map, grain, side, run);
                return false;
            }
            state.add_clean(&self.os, &ground.map, side, run);
            if self.os.clock_ns() >= deadline {
                state.steps.fall_behind();
                return true;
            }
        }
        state.forget_limit();
        drop(state);
        self.give_up_surplus();
        false
    }

    fn map_scratch(&self, bytes: usize) -> Option<NonNull<u8>> {
        self.os
            .reserve(
                bytes.checked_next_multiple_of(O::PAGE_SIZE)?,
                Access::ReadWrite,
            )
            .ok()
    }

    unsafe fn unmap_scratch(&self, scratch: NonNull<u8>, bytes: usize) {
        // SAFETY: mapped by `map_scratch` with this length, and unused.
        let _ = unsafe { self.os.unmap(scratch, bytes.next_multiple_of(O::PAGE_SIZE)) };
    }

    fn aside<T>(&self, act: impl FnOnce() -> T) -> Option<T> {
        self.run_aside(act)
    }

    fn clock_ms(&self) -> u64 {
        self.os.clock_ms()
    }

    fn clock_ns(&self) -> u64 {
        self.os.clock_ns()
    }

    fn entropy(&self) -> u64 {
        self.os.entropy()
    }
}

/// Runs that are unmapped at one go, at most.
const MOST_AT_ONCE: usize = 64;

impl<O: Os> Arena<O> {
    /// Gives the pages of `run` back; says whether the system took them. If so they read as zeros, else they are as they were.
    ///
    /// # Safety
    /// Nobody needs the content.
    pub(crate) unsafe fn discard(&self, run: Run) -> bool {
        let discarded = self.range(run).is_some_and(|(at, len)| {
            // SAFETY: the arena owns the range; the caller gives the content up.
            unsafe { self.os.discard(at, len) }.is_ok()
        });
        if !discarded {
            self.hints_refused.fetch_add(1, Ordering::Relaxed);
        }
        discarded
    }

    /// Unmaps unused runs as long as there are more than may stay.
    #[inline(never)]
    pub(crate) fn give_up_surplus(&self) {
        let Some(ground) = self.ground() else { return };
        let next = || self.state.lock().take_surplus(&self.os, ground);
        for _ in 0..MOST_AT_ONCE {
            if !next().is_some_and(|surplus| self.give_up(ground, surplus)) {
                return;
            }
        }
    }

    /// Unmaps all unused runs but short ones: they are not to be filled with pages that nobody needs.
    pub fn give_up_unused(&self) {
        let Some(ground) = self.ground() else { return };
        self.state.lock().fall_back(&ground.map);
        let least = tuning::SMALLEST_GAP / O::PAGE_SIZE;
        let next = || {
            self.state
                .lock()
                .take_unused(ground, self.os.grain(), usize::MAX, least)
        };
        while next().is_some_and(|surplus| self.give_up(ground, surplus)) {}
    }

    /// Unmaps unused runs until so many pages have room elsewhere; says whether any were.
    pub(crate) fn give_up_addresses(&self, pages: usize) -> bool {
        let Some(ground) = self.ground() else {
            return false;
        };
        let mut wanted = pages.saturating_add(tuning::SMALLEST_GROWTH / O::PAGE_SIZE);
        let mut any = false;
        while wanted > 0 {
            let surplus = self
                .state
                .lock()
                .take_unused(ground, self.os.grain(), wanted, 1);
            match surplus {
                Some(surplus) if self.give_up(ground, surplus) => any = true,
                _ => break,
            }
            wanted = wanted.saturating_sub(surplus.map_or(0, |surplus| surplus.run.pages.index()));
        }
        any
    }

    /// Unmaps a run; says whether the system did it.
    pub(crate) fn give_up(&self, ground: &Ground, surplus: Surplus) -> bool {
        if surplus.side == Side::Spans {
            // Nobody must take a page for one of small objects that is not even mapped.
            ground.map.wipe(surplus.run);
        }
        let unmapped = self.range(surplus.run).is_some_and(|(at, len)| {
            // SAFETY: the run is unused, and in no store.
            unsafe { self.os.unmap(at, len) }.is_ok()
        });
        let mut state = self.state.lock();
        if unmapped {
            state.add_gone(&self.os, &ground.map, surplus.side, surplus.run);
        } else {
            state.keep(ground, surplus);
        }
        unmapped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::Linux;
    use crate::page_map::Direction;
    use crate::run_store::Place;
    use heap::{Grain, PageIndex};

    #[test]
    fn entries_inside_of_what_is_gone_are_forgotten() {
        let arena = Arena::new(Linux::new());
        let take = || arena.take(Side::Spans, Place::anywhere(PageCount(8192)));
        let (run, _) = take().unwrap();
        let ground = arena.ground().unwrap();
        for page in (run.first.0..run.end().0).map(PageIndex) {
            ground.map.set_record(page, 7);
            ground.map.set_link(page, Direction::Next, 7);
        }
        arena
            .state
            .lock()
            .give_back(&ground.map, Grain::PAGE, Side::Spans, run);
        assert!(!arena.purge(true, u64::MAX));
        // The last page of each table that has entries of other runs stays.
        let inside = run.first.0 + 1024..run.end().0 - 1024;
        for page in inside.map(PageIndex) {
            let entries = (
                ground.map.record(page),
                ground.map.link(page, Direction::Next),
            );
            assert_eq!(entries, (0, 0));
        }
        assert_eq!(take(), Some((run, true)));
    }
}
