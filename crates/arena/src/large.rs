//! Large objects: runs with a label of their own, which grow, shrink and move.

use core::sync::atomic::Ordering;

use heap::{Guard, Label, LargePages, LargeRun, PageCount, PageIndex, Run};

use crate::area::Side;
use crate::arena::Arena;
use crate::ground::Ground;
use crate::os::{NotMoved, Os};
use crate::run_store::Place;
use crate::state::State;

// SAFETY: runs come from the stores, which hold each page at most once, or from the frontiers, which only move on. What is moved
// keeps its pages.
unsafe impl<O: Os> LargePages for Arena<O> {
    fn allocate_large(&self, pages: PageCount, align: PageCount) -> Option<LargeRun> {
        let ground = self.ground()?;
        let base = ground.map.site().base / O::PAGE_SIZE;
        let (run, zeroed) = self.take(Side::Large, Place::aligned(pages, align, base))?;
        let large = self.label_large(&ground.map, run, Label::LARGE);
        Some(LargeRun { zeroed, ..large })
    }

    fn large_pages(&self, page: PageIndex) -> Option<PageCount> {
        self.large_run(page).map(|run| run.pages)
    }

    unsafe fn free_large(&self, page: PageIndex) -> Option<PageCount> {
        let ground = self.ground()?;
        let map = &ground.map;
        let state = self.state.lock();
        // Looked up under the lock, so that of two frees of one object only the first finds it.
        let run = self.large_run(page)?;
        let moved = map.label(page) == Label::LARGE_MOVED;
        // An unused run has labels at its ends only: merged with the run before it, this one would still look like an object.
        map.set_ends(run, Label::UNLABELLED);
        if moved || ground.has_property(run) {
            drop(state);
            // SAFETY: the object is dead.
            unsafe { self.give_back_plain(ground, Side::Large, run, moved) };
        } else {
            self.give_back_large(ground, state, run);
        }
        Some(run.pages)
    }

    unsafe fn resize_large(&self, page: PageIndex, pages: PageCount) -> bool {
        let (Some(ground), true) = (self.ground(), pages.0 > 0) else {
            return false;
        };
        let map = &ground.map;
        let mut state = self.state.lock();
        let Some(run) = self.large_run(page) else {
            return false;
        };
        let label = map.label(page);
        if pages > run.pages {
            if label == Label::LARGE_MOVED {
                // It would be two mappings then, and could not be moved any more.
                return false;
            }
            let extra = Run {
                first: run.end(),
                pages: PageCount(pages.0 - run.pages.0),
            };
            if !state.take_at(&self.os, ground, extra) {
                return false;
            }
        } else if pages < run.pages {
            if label == Label::LARGE_MOVED {
                // The tail would keep a mapping of its own; the object keeps the tail instead.
                return true;
            }
            let first = run.first.plus(pages);
            let tail = Run {
                first,
                pages: PageCount(run.pages.0 - pages.0),
            };
            let whole = Run { first: page, pages };
            let _ = self.label_large(map, whole, label);
            if ground.has_property(tail) {
                drop(state);
                // SAFETY: nobody uses the tail (contract).
                unsafe { self.give_back_plain(ground, Side::Large, tail, false) };
            } else {
                state.give_back(map, Side::Large, tail);
                drop(state);
                self.give_up_surplus();
            }
            return true;
        }
        let _ = self.label_large(map, Run { first: page, pages }, label);
        true
    }

    unsafe fn move_large(&self, page: PageIndex, pages: PageCount) -> Option<PageIndex> {
        let old = self.large_run(page)?;
        if pages <= old.pages
            || self.count_left(self.with_windows(|windows| windows.current.mapped())) < 2
        {
            return None;
        }
        let ground = self.ground()?;
        let map = &ground.map;
        let (new, _) = self.take(Side::Large, Place::anywhere(pages))?;
        let (from, to) = (self.address(old.first)?, self.address(new.first)?);
        let (len, new_len) = (Self::bytes(old), Self::bytes(new));
        // SAFETY: both runs are the arena's: the old object is given up by the caller, the new run is unused.
        let moved = unsafe { self.os.move_pages(from, len, to, new_len) };
        let mut state = self.state.lock();
        match moved {
            Ok(()) => {}
            Err(NotMoved::Refused) => {
                state.give_back(map, Side::Large, new);
                return None;
            }
            // Addresses are what there is most of.
            Err(NotMoved::TargetLost) => return None,
        }
        if map.label(old.first) != Label::LARGE_MOVED {
            self.mappings.fetch_add(2, Ordering::Relaxed);
        }
        let _ = self.label_large(map, new, Label::LARGE_MOVED);
        map.set_ends(old, Label::UNLABELLED);
        if ground.has_property(old) {
            drop(state);
            ground.note_property(new);
            // What is left at its old place has its properties.
            // SAFETY: the object is at its new place.
            unsafe { self.give_back_plain(ground, Side::Large, old, false) };
        } else {
            // The pages went with the object: what is left reads as zeros.
            state.area(Side::Large).clean.insert(map, old);
        }
        Some(new.first)
    }
}

impl<O: Os> Arena<O> {
    /// Takes back the pages of a large object, which nobody uses; if by now so many are unused, some go back to the system.
    pub(crate) fn give_back_large(
        &self,
        ground: &Ground,
        mut state: Guard<'_, O::Lock, State>,
        run: Run,
    ) {
        state.give_back(&ground.map, Side::Large, run);
        let surplus = state.take_surplus(&self.os, ground);
        drop(state);
        if surplus.is_some_and(|surplus| self.give_up(ground, surplus)) {
            self.give_up_surplus();
        }
    }
}
