//! The most memory that the heap may take.
//!
//! What is in use counts: each physical page once, large objects as if they were touched everywhere. Records and tables do not; what is
//! unused goes back to the system before it takes the heap above the limit.

use core::sync::atomic::{AtomicUsize, Ordering};

use heap::{PageCount, Preset};

use crate::arena::Arena;
use crate::ground::Ground;
use crate::os::Os;
use crate::state::State;
use crate::tuning;

/// A limit, and what it has to do with.
pub(crate) struct Limit {
    /// In pages; `usize::MAX` for none.
    pages: Preset<{ usize::MAX }>,
    /// Pages of addresses that lie on the physical pages of others.
    saved: AtomicUsize,
    /// Requests that were refused for it.
    refused: AtomicUsize,
}

impl Limit {
    pub(crate) const fn none() -> Self {
        Self {
            pages: Preset::new(),
            saved: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        }
    }

    fn pages(&self) -> usize {
        self.pages.load()
    }

    /// Whether there is one.
    #[inline(always)]
    pub(crate) fn is_set(&self) -> bool {
        self.pages() != usize::MAX
    }

    /// Notes that so many more pages of addresses lie on the physical pages of others.
    pub(crate) fn note_saved(&self, pages: usize) {
        self.saved.fetch_add(pages, Ordering::Relaxed);
    }

    /// Notes that so many do not any more.
    pub(crate) fn note_unsaved(&self, pages: usize) {
        self.saved.fetch_sub(pages, Ordering::Relaxed);
    }
}

impl<O: Os> Arena<O> {
    /// Sets the limit in bytes, or takes it away. What is in use already stays.
    pub fn set_memory_limit(&self, bytes: Option<usize>) {
        let pages = bytes.map_or(usize::MAX, |bytes| bytes / O::PAGE_SIZE);
        self.limit.pages.store(pages);
        if self.limit.is_set() {
            self.trim_to_limit();
        }
    }

    /// Whether there is a limit.
    #[inline]
    pub fn has_memory_limit(&self) -> bool {
        self.limit.is_set()
    }

    /// The limit in bytes, if there is one.
    pub fn memory_limit(&self) -> Option<usize> {
        let pages = self.limit.pages();
        (pages != usize::MAX).then(|| pages.saturating_mul(O::PAGE_SIZE))
    }

    /// Requests that were refused since the limit was reached.
    pub fn refused_at_limit(&self) -> usize {
        self.limit.refused.load(Ordering::Relaxed)
    }

    /// Whether so many pages more may be in use. A refusal is counted.
    #[inline(never)]
    pub(crate) fn is_within_limit(&self, state: &State, ground: &Ground, more: PageCount) -> bool {
        let fits = self.in_use(state, ground).saturating_add(more.index()) <= self.limit.pages();
        if !fits {
            self.limit.refused.fetch_add(1, Ordering::Relaxed);
        }
        fits
    }

    /// Physical pages in use.
    fn in_use(&self, state: &State, ground: &Ground) -> usize {
        let not_there =
            self.ahead.load(Ordering::Relaxed) + self.limit.saved.load(Ordering::Relaxed);
        state.used(ground).saturating_sub(not_there)
    }

    /// Gives unused pages back until what is used and what is not are within the limit.
    #[inline(never)]
    pub(crate) fn trim_to_limit(&self) {
        let Some(ground) = self.ground() else { return };
        loop {
            let mut state = self.state.lock();
            let there = self.in_use(&state, ground) + state.dirty_pages();
            let excess = there.saturating_sub(self.limit.pages());
            let most = u32::try_from(excess).unwrap_or(u32::MAX);
            let most = PageCount(most.min(tuning::PURGE_BATCH));
            let taken = match excess {
                0 => None,
                _ => state.take_dirty(&ground.map, self.os.grain(), most, true),
            };
            drop(state);
            let Some((side, run)) = taken else { return };
            // SAFETY: the run is unused, and in no store.
            let discarded = unsafe { self.discard(run) };
            let mut state = self.state.lock();
            if !discarded {
                return state.give_back(&ground.map, self.os.grain(), side, run);
            }
            state.add_clean(&self.os, &ground.map, side, run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use heap::{LargePages, PageIndex, SpanPages};

    use crate::os::Linux;

    const LIMIT: usize = 4 << 20;
    const PAGES: PageCount = PageCount((LIMIT / Linux::PAGE_SIZE) as u32);

    fn limited() -> Arena<Linux> {
        let arena = Arena::new(Linux::new());
        arena.set_memory_limit(Some(LIMIT));
        assert_eq!(arena.memory_limit(), Some(LIMIT));
        arena
    }

    fn large(arena: &Arena<Linux>, pages: u32) -> Option<PageIndex> {
        let run = arena.allocate_large(PageCount(pages), PageCount(1))?;
        Some(run.first)
    }

    #[test]
    fn what_is_in_use_stays_within_the_limit() {
        let arena = limited();
        let half = large(&arena, PAGES.0 / 2).unwrap();
        assert!(large(&arena, PAGES.0 / 2 + 1).is_none());
        assert_eq!(arena.refused_at_limit(), 1);
        let rest = arena.allocate_span(PageCount(1)).unwrap();
        assert!(large(&arena, PAGES.0 / 2).is_none());
        // SAFETY: both are this test's.
        unsafe { arena.free_large(half) };
        let larger = large(&arena, PAGES.0 / 2 + 1).unwrap();
        assert_ne!(larger, rest);
        arena.set_memory_limit(None);
        assert!(large(&arena, PAGES.0).is_some());
    }

    #[test]
    fn growth_is_refused_and_the_object_stays() {
        let arena = limited();
        let object = large(&arena, PAGES.0 / 2).unwrap();
        // SAFETY: the object is this test's.
        assert!(!unsafe { arena.resize_large(object, PageCount(PAGES.0 + 1)) });
        let room = PageCount(2 * PAGES.0);
        // SAFETY: as above.
        let moved = unsafe { arena.move_large(object, PageCount(PAGES.0 + 1), room) };
        assert!(moved.is_none());
        assert_eq!(arena.large_pages(object), Some(PageCount(PAGES.0 / 2)));
        // SAFETY: as above.
        let moved = unsafe { arena.move_large(object, PAGES, room) };
        assert!(moved.is_some());
        assert!(arena.allocate_growing(PageCount(1), PageCount(2)).is_none());
    }

    #[test]
    fn unused_pages_go_before_they_exceed_it() {
        let arena = limited();
        // Of the runs of one and of two pages that become unused, those of two do not fit where those of one were.
        for pages in [1, 2, 3] {
            let runs = PAGES.0 / pages;
            let objects: [_; PAGES.0 as usize] =
                core::array::from_fn(|at| (at < runs as usize).then(|| large(&arena, pages)));
            for object in objects.into_iter().flatten() {
                let object = object.unwrap();
                // SAFETY: the object is this test's.
                unsafe { arena.free_large(object) };
            }
            assert!(arena.dirty_bytes() <= LIMIT);
        }
    }

    #[test]
    fn what_is_saved_may_be_used() {
        let arena = limited();
        large(&arena, PAGES.0).unwrap();
        assert!(large(&arena, 1).is_none());
        arena.limit.note_saved(1);
        assert!(large(&arena, 1).is_some());
        arena.limit.note_unsaved(1);
        assert!(large(&arena, 1).is_none());
    }
}
