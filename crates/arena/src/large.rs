//! Large objects: runs with a label of their own, which grow, shrink and move.
//!
//! An object that grows may have *room*: addresses behind its pages that are its own, and hold no memory. What a roomy or a moved one
//! does not need any more becomes room again.

use core::sync::atomic::Ordering;

use heap::{Guard, Label, LargePages, LargeRun, PageCount, PageIndex, Run};

use crate::area::Side;
use crate::arena::Arena;
use crate::ground::Ground;
use crate::os::{NotMoved, Os};
use crate::page_map::{Direction, PageMap};
use crate::run_store::Place;
use crate::state::State;
use crate::tuning::SMALLEST_TAIL;

/// A large object in the tables.
#[derive(Clone, Copy)]
struct Large {
    first: PageIndex,
    /// The object's pages.
    pages: PageCount,
    /// These, and the addresses behind them that are its own.
    room: PageCount,
    label: Label,
}

impl Large {
    /// One without room.
    fn new(run: Run) -> Self {
        Self {
            first: run.first,
            pages: run.pages,
            room: run.pages,
            label: Label::LARGE,
        }
    }

    /// The one that starts at `page`, if one does.
    fn at(map: &PageMap, page: PageIndex) -> Option<Self> {
        let label = map.label(page);
        if !label.is_large() {
            return None;
        }
        let pages = PageCount(map.record(page));
        let room = match label {
            Label::LARGE => pages,
            _ => PageCount(map.link(page, Direction::Next) as u32),
        };
        Some(Self {
            first: page,
            pages,
            room,
            label,
        })
    }

    /// Writes it to the tables.
    fn note(&self, map: &PageMap) {
        let whole = self.whole();
        map.set_ends(whole, Label::LARGE_END);
        map.set_link(self.first, Direction::Next, whole.pages.index());
        map.set_record(self.first, self.pages.0);
        map.set_label(self.first, self.label);
    }

    /// Whether it has a mapping of its own.
    fn is_moved(&self) -> bool {
        self.label == Label::LARGE_MOVED
    }

    /// Pages of room that it does not use.
    fn ahead(&self) -> usize {
        (self.room.0 - self.pages.0) as usize
    }

    fn run(&self) -> Run {
        Run {
            first: self.first,
            pages: self.pages,
        }
    }

    /// The object's pages and its room.
    fn whole(&self) -> Run {
        Run {
            first: self.first,
            pages: self.room,
        }
    }

    /// The pages from the `pages`-th up to the `end`-th.
    fn part(&self, pages: PageCount, end: PageCount) -> Run {
        Run {
            first: self.first.plus(pages),
            pages: PageCount(end.0 - pages.0),
        }
    }
}

// SAFETY: runs come from the stores, which hold each page at most once, or from the frontiers, which only move on. What is moved
// keeps its pages. Nobody else has the room of an object.
unsafe impl<O: Os> LargePages for Arena<O> {
    fn allocate_large(&self, pages: PageCount, align: PageCount) -> Option<LargeRun> {
        let ground = self.ground()?;
        let base = ground.map.site().base / O::PAGE_SIZE;
        let (run, zeroed) = self.take(Side::Large, Place::aligned(pages, align, base))?;
        Large::new(run).note(&ground.map);
        Some(LargeRun {
            first: run.first,
            zeroed,
        })
    }

    fn allocate_growing(&self, pages: PageCount, room: PageCount) -> Option<LargeRun> {
        let ground = self.ground()?;
        let is_roomy = room > pages && !self.limit.is_set();
        let Some((run, zeroed)) = is_roomy.then(|| self.take_room(ground, room)).flatten() else {
            return self.allocate_large(pages, PageCount(1));
        };
        let label = Label::LARGE_ROOMY;
        let mut large = Large {
            pages,
            label,
            ..Large::new(run)
        };
        let ahead = large.part(pages, room);
        // SAFETY: nobody uses the run yet.
        if !zeroed && !unsafe { self.discard(ahead) } {
            large = Large::new(large.run());
            large.note(&ground.map);
            let mut state = self.state.lock();
            state.give_back(&ground.map, self.os.grain(), Side::Large, ahead);
        } else {
            large.note(&ground.map);
            self.count_ahead(0, large.ahead());
        }
        let first = run.first;
        Some(LargeRun { first, zeroed })
    }

    fn large_pages(&self, page: PageIndex) -> Option<PageCount> {
        Large::at(&self.ground()?.map, page).map(|large| large.pages)
    }

    unsafe fn free_large(&self, page: PageIndex) -> Option<PageCount> {
        let ground = self.ground()?;
        let map = &ground.map;
        let mut state = self.state.lock();
        // Looked up under the lock, so that of two frees of one object only the first finds it.
        let large = Large::at(map, page)?;
        let whole = large.whole();
        self.count_ahead(large.ahead(), 0);
        // An unused run has labels at its ends only: merged with the run before it, this one would still look like an object.
        map.set_ends(whole, Label::UNLABELLED);
        if large.is_moved() || ground.has_property(whole) {
            drop(state);
            // SAFETY: the object is dead.
            unsafe { self.give_back_plain(ground, Side::Large, whole, large.is_moved()) };
            return Some(large.pages);
        }
        if large.room > large.pages {
            let room = large.part(large.pages, large.room);
            map.set_ends(large.run(), Label::UNLABELLED);
            state.area(Side::Large).clean.insert(map, room);
        }
        self.give_back_large(ground, state, large.run());
        Some(large.pages)
    }

    unsafe fn resize_large(&self, page: PageIndex, pages: PageCount) -> bool {
        let (Some(ground), true) = (self.ground(), pages.0 > 0) else {
            return false;
        };
        let map = &ground.map;
        let mut state = self.state.lock();
        let Some(large) = Large::at(map, page) else {
            return false;
        };
        if pages < large.pages {
            // SAFETY: the same contract.
            unsafe { self.shorten(ground, state, large, pages) };
            return true;
        }
        let more = PageCount(pages.0 - large.pages.0);
        if self.limit.is_set() && !self.is_within_limit(&state, ground, more) {
            return false;
        }
        let mut longer = Large { pages, ..large };
        if pages > large.room {
            // A moved one would be two mappings then, and could not be moved any more.
            let more = large.part(large.room, pages);
            if large.is_moved() || !state.take_at(&self.os, ground, more) {
                return false;
            }
            longer = Large::new(longer.run());
        }
        longer.note(map);
        self.count_ahead(large.ahead(), longer.ahead());
        true
    }

    unsafe fn move_large(
        &self,
        page: PageIndex,
        pages: PageCount,
        room: PageCount,
    ) -> Option<PageIndex> {
        let ground = self.ground()?;
        let map = &ground.map;
        let old = Large::at(map, page)?;
        if pages <= old.pages
            || self.count_left(self.with_windows(|windows| windows.current.mapped())) < 2
        {
            return None;
        }
        // The pages go along: what is new is what it grows by.
        let more = PageCount(pages.0 - old.pages.0);
        if self.limit.is_set() && !self.is_within_limit(&self.state.lock(), ground, more) {
            return None;
        }
        let roomy = self.take_room(ground, room.max(pages));
        let take = || self.take_above_limit(Side::Large, Place::anywhere(pages));
        let (target, _) = roomy.or_else(take)?;
        let (from, to) = (self.address(page)?, self.address(target.first)?);
        let (len, new_len) = (Self::bytes(old.run()), Self::bytes(target));
        // SAFETY: both runs are the arena's: the old object is given up by the caller, the new run is unused.
        let moved = unsafe { self.os.move_pages(from, len, to, new_len) };
        let mut state = self.state.lock();
        match moved {
            Ok(()) => {}
            Err(NotMoved::Refused) => {
                state.give_back(map, self.os.grain(), Side::Large, target);
                return None;
            }
            // Addresses are what there is most of.
            Err(NotMoved::TargetLost) => return None,
        }
        self.mappings.fetch_add(2, Ordering::Relaxed);
        let label = Label::LARGE_MOVED;
        let new = Large {
            pages,
            label,
            ..Large::new(target)
        };
        new.note(map);
        self.count_ahead(old.ahead(), new.ahead());
        let left = old.whole();
        map.set_ends(left, Label::UNLABELLED);
        if ground.has_property(left) {
            ground.note_property(target);
        } else if !old.is_moved() {
            // The pages went with the object: what is left reads as zeros.
            state.area(Side::Large).clean.insert(map, left);
            return Some(target.first);
        }
        drop(state);
        // What is left at its old place has its properties, or the mapping that it was.
        // SAFETY: the object is at its new place.
        unsafe { self.give_back_plain(ground, Side::Large, left, old.is_moved()) };
        Some(target.first)
    }
}

impl<O: Os> Arena<O> {
    /// Notes how many pages of room an object has, which had others.
    fn count_ahead(&self, before: usize, after: usize) {
        self.ahead.fetch_add(after, Ordering::Relaxed);
        self.ahead.fetch_sub(before, Ordering::Relaxed);
    }

    /// A run of `room` pages for an object that will use a part of them at first, and whether all its bytes are zero. None where addresses
    /// are scarce.
    #[inline(never)]
    fn take_room(&self, ground: &Ground, room: PageCount) -> Option<(Run, bool)> {
        let mut state = self.state.lock();
        if state.is_limited(&self.os) {
            return None;
        }
        state.take_large(&self.os, ground, Place::anywhere(room))
    }

    /// Makes an object shorter. Memory goes back at once: it may be much, and nobody says when it is needed again.
    ///
    /// # Safety
    /// Nobody uses the pages from the `pages`-th on.
    unsafe fn shorten(
        &self,
        ground: &Ground,
        mut state: Guard<'_, O::Lock, State>,
        large: Large,
        pages: PageCount,
    ) {
        let map = &ground.map;
        let tail = large.part(pages, large.pages);
        let is_short = Self::bytes(tail) < SMALLEST_TAIL;
        let has_property = ground.has_property(tail);
        let shorter = Large { pages, ..large };
        if large.label != Label::LARGE {
            drop(state);
            // What is not given back remains the object's.
            // SAFETY: nobody uses the tail (contract).
            if !is_short && !has_property && unsafe { self.discard(tail) } {
                map.set_record(large.first, pages.0);
                self.count_ahead(large.ahead(), shorter.ahead());
            }
            return;
        }
        Large::new(shorter.run()).note(map);
        if has_property {
            drop(state);
            // SAFETY: nobody uses the tail (contract).
            return unsafe { self.give_back_plain(ground, Side::Large, tail, false) };
        }
        if is_short {
            state.give_back(map, self.os.grain(), Side::Large, tail);
            drop(state);
        } else {
            drop(state);
            // SAFETY: nobody uses the tail, which is in no store (contract).
            let discarded = unsafe { self.discard(tail) };
            let mut state = self.state.lock();
            match discarded {
                true => state.area(Side::Large).clean.insert(map, tail),
                false => state.give_back(map, self.os.grain(), Side::Large, tail),
            }
        }
        self.give_up_surplus();
    }

    /// Takes back the pages of a large object, which nobody uses; if by now so many are unused, some go back to the system.
    pub(crate) fn give_back_large(
        &self,
        ground: &Ground,
        mut state: Guard<'_, O::Lock, State>,
        run: Run,
    ) {
        state.give_back(&ground.map, self.os.grain(), Side::Large, run);
        let surplus = state.take_surplus(&self.os, ground);
        drop(state);
        if surplus.is_some_and(|surplus| self.give_up(ground, surplus)) {
            self.give_up_surplus();
        }
    }
}
