//! Unused pages go back to the system; memory for a while, and clocks.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use heap::{PageCount, Upkeep};

use crate::arena::{Arena, Side};
use crate::os::{Access, Os};
use crate::tuning;

// SAFETY: runs are taken out of the stores before they go back; scratch memory is a mapping of its own.
unsafe impl<O: Os> Upkeep for Arena<O> {
    fn purge(&self, all: bool, nanoseconds: u64) -> bool {
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
