//! Unused pages go back to the system.

use core::sync::atomic::Ordering;

use heap::PageCount;

use crate::arena::{Arena, Side};
use crate::os::Os;
use crate::tuning;

impl<O: Os> Arena<O> {
    /// Gives back unused pages, all of them or those that have been unused for long, for about so many nanoseconds. Says whether
    /// there are more.
    pub(crate) fn purge(&self, all: bool, nanoseconds: u64) -> bool {
        let Some(ground) = self.ground() else {
            return false;
        };
        let deadline = self.os.clock_ns().saturating_add(nanoseconds);
        let mut state = self.state.lock();
        if !all && !state.decay.advance(self.os.clock_ms()) {
            return false;
        }
        loop {
            let unused = state.spans.dirty.pages() + state.large.dirty.pages();
            let allowed = if all { 0 } else { state.decay.allowance() };
            let Some(excess) = unused.checked_sub(allowed).filter(|&pages| pages > 0) else {
                return false;
            };
            let most =
                PageCount(tuning::PURGE_BATCH.min(u32::try_from(excess).unwrap_or(u32::MAX)));
            let side = if state.large.dirty.pages() > 0 {
                Side::Large
            } else {
                Side::Spans
            };
            let Some(run) = state.area(side).dirty.take_longest(&ground.map, most) else {
                return false;
            };
            // The system call takes its time: meanwhile the run is in no store, and the lock is free.
            drop(state);
            let discarded = self.address(run.first).is_some_and(|at| {
                // SAFETY: the run is unused, and in no store.
                unsafe { self.os.discard(at, Self::bytes(run)) }.is_ok()
            });
            state = self.state.lock();
            if !discarded {
                // Locked memory, say: the pages stay, and are not known to be zero.
                state.area(side).dirty.insert(&ground.map, run);
                self.hints_refused.fetch_add(1, Ordering::Relaxed);
                return false;
            }
            state.area(side).clean.insert(&ground.map, run);
            if self.os.clock_ns() >= deadline {
                state.decay.fall_behind();
                return true;
            }
        }
    }
}
