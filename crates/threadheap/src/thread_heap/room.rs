//! Room in the vectors: the storage behind them, and the budget of the thread.

use globalheap::CentralHeap;
use heap::{SizeClass, SpanPages};
use shufflevector::ShuffleVector;

use super::{Behind, ThreadHeap};
use crate::budget::{
    BETWEEN_LOOKS, CLASSES, GIVEN_AT_ONCE, HOMEWARD, LINE_CLASSES, OVERCOMMITTED, batch_limit,
    charge, free_limit, limit_when_full, seldom,
};
use crate::storage::{SMALLEST, Storage};

/// Classes with room to lose that the hand passes, at most, before another one may have more.
const LOOKED_AT: usize = 8;

/// Storage that stays in memory while the only thread sleeps, in bytes.
const LITTLE_STORAGE: usize = 32 << 10;

/// How often more is denied after that was in vain, before the hand goes on, and how often before what is kept is looked at.
const PATIENCE: u32 = 64;
const LOOK_EVERY: u32 = 8;

/// A vector's storage becomes that of `capacity` entries, a power of two. False when there is no memory.
fn move_to(
    storage: &mut Storage,
    memory: &impl heap::Metadata,
    (vector, behind): (&mut ShuffleVector, &mut Behind),
    capacity: usize,
) -> bool {
    let Some(piece) = storage.take(memory, capacity) else {
        return false;
    };
    // SAFETY: as many entries, which are nobody else's; there are others in front of them.
    let mut moved = unsafe { ShuffleVector::new(piece, capacity, capacity) };
    moved.append(vector.as_slice());
    moved.set_limit(vector.limit());
    let before = core::mem::replace(vector, moved);
    let old = core::mem::replace(&mut behind.capacity, capacity as u32) as usize;
    if old > 0 {
        // SAFETY: the capacity of its storage.
        let piece = unsafe { before.storage(old) };
        // SAFETY: the vector has another piece now.
        unsafe { storage.put(piece, old) };
    }
    true
}

impl<C: CentralHeap> ThreadHeap<C> {
    /// Moves the slots of `class` to the start of their storage; says whether they were not there: the thread slept.
    pub(super) fn settle(&mut self, class: SizeClass) -> bool {
        let capacity = self.behind.get(class.index()).map_or(0, |b| b.capacity);
        // SAFETY: the capacity of its storage.
        unsafe { self.vector(class).settle(capacity as usize) }
    }

    /// Slots handed out by this heap, modulo 2³².
    pub(super) fn clock(&self) -> u32 {
        let counted = BETWEEN_LOOKS.wrapping_sub(self.countdown);
        self.counted.wrapping_add(counted as u32)
    }

    /// The vector of `class` ran empty or full; says whether it does so often, for the slots that it may keep.
    fn note_used(&mut self, class: SizeClass) -> bool {
        let now = self.clock();
        let limit = self.vector(class).limit();
        let Some(behind) = self.behind.get_mut(class.index()) else {
            return false;
        };
        behind.used = true;
        let before = core::mem::replace(&mut behind.last, now);
        now.wrapping_sub(before) < seldom(limit)
    }

    /// The vector of `class` is empty: more is kept of it from now on, until a refill is as large as is good for one.
    pub(super) fn grow_by_refill(&mut self, global: &C, class: SizeClass) {
        let is_often = self.note_used(class);
        let limit = self.vector(class).limit();
        let wanted = (limit * 2).max(free_limit(class)).max(1);
        let wanted = wanted.min(batch_limit(class).max(free_limit(class)));
        if wanted > limit && (is_often || wanted <= free_limit(class)) {
            self.grow(global, class, wanted);
        }
    }

    /// Makes room in the full vector for slots of `class`, of pages of mine or of others: it may keep more from now on, or gives
    /// up its older half.
    #[inline(never)]
    pub(super) fn make_room(&mut self, global: &C, class: SizeClass, is_mine: bool) {
        if !is_mine && class.index() < LINE_CLASSES {
            return self.make_room_homeward(global, class);
        }
        self.settle(class);
        let vector = self.vector(class);
        let limit = vector.limit();
        if vector.len() < limit {
            return;
        }
        let is_often = self.note_used(class);
        // What was given up before was asked for again: it should have stayed.
        let missed = self.behind.get(class.index()).map_or(0, |b| b.missed) as usize;
        let is_used = is_often && missed > 0 && 2 * missed >= limit;
        let wanted = (2 * limit).max(free_limit(class)).max(1);
        let permitted = is_used || wanted <= limit_when_full(class);
        if permitted && self.grow(global, class, wanted) {
            if let Some(behind) = self.behind.get_mut(class.index()) {
                behind.missed = missed.saturating_sub(limit) as u32;
            }
            return;
        }
        let older = self.vector(class).len().div_ceil(2);
        self.give_up_oldest(global, class, older);
    }

    /// Learns what the budget is. If it has become smaller, all classes keep half as much until they keep to it.
    pub(super) fn renew_budget(&mut self, global: &C) {
        let now = self.budget_of_now();
        let before = core::mem::replace(&mut self.budget, now);
        if now < before {
            self.rest.stir();
            while self.charged > now {
                for class in 0..CLASSES as u8 {
                    self.halve(global, SizeClass(class));
                }
            }
        }
    }

    /// `class` keeps half of what it kept and may keep, but for what is free of charge.
    #[inline(never)]
    fn halve(&mut self, global: &C, class: SizeClass) {
        let limit = self.vector(class).limit();
        if charge(class, limit) > 0 {
            self.settle(class);
            let older = self.vector(class).len().div_ceil(2);
            self.give_up_oldest(global, class, older);
            self.shrink(class, (limit / 2).max(free_limit(class)));
        }
    }

    /// Gives slots up, for other threads to take over.
    fn give_up_oldest(&mut self, global: &C, class: SizeClass, count: usize) {
        let vector = self.vector(class);
        for slots in vector
            .as_slice()
            .get(..count)
            .unwrap_or_default()
            .chunks(GIVEN_AT_ONCE)
        {
            // SAFETY: the vector's slots are claimed, and the program does not have them.
            unsafe { global.hand_over(class, slots) };
        }
        vector.remove_oldest(count);
        if let Some(behind) = self.behind.get_mut(class.index()) {
            behind.given = behind.given.saturating_add(count as u32);
        }
    }

    /// Notes that a refill brought so many slots.
    pub(super) fn note_refill(&mut self, class: SizeClass, taken: usize) {
        if let Some(behind) = self.behind.get_mut(class.index()) {
            let missed = behind.given.min(taken as u32);
            behind.given -= missed;
            behind.missed = behind.missed.saturating_add(missed);
        }
    }

    /// The same of slots of pages of others, all of which go home when there are enough of them.
    fn make_room_homeward(&mut self, global: &C, class: SizeClass) {
        let (Some(vector), Some(behind)) = (
            self.homeward.get_mut(class.index()),
            self.behind_homeward.get_mut(class.index()),
        ) else {
            return;
        };
        // SAFETY: the capacity of its storage.
        let _ = unsafe { vector.settle(behind.capacity as usize) };
        let limit = vector.limit();
        if vector.len() < limit {
            return;
        }
        let wanted = (2 * limit).max(SMALLEST);
        if wanted <= HOMEWARD
            && move_to(
                &mut self.storage,
                global.pages(),
                (&mut *vector, behind),
                wanted,
            )
        {
            return vector.set_limit(wanted);
        }
        if !vector.is_empty() {
            // SAFETY: the vector's slots are claimed, and the program does not have them.
            unsafe { global.hand_over(class, vector.as_slice()) };
        }
        vector.remove_oldest(usize::MAX);
    }

    /// Lets the vector of `class` keep `limit` slots, more than now, if the budget and the memory suffice; says whether it did.
    fn grow(&mut self, global: &C, class: SizeClass, limit: usize) -> bool {
        let before = self.vector(class).limit();
        let more = charge(class, limit) - charge(class, before);
        if self.charged + more > self.budget && !self.is_granted(global, class, more) {
            return false;
        }
        let (Some(vector), Some(behind)) = (
            self.vectors.get_mut(class.index()),
            self.behind.get_mut(class.index()),
        ) else {
            return false;
        };
        if limit > behind.capacity as usize {
            let capacity = limit.next_power_of_two().max(SMALLEST);
            let place = (&mut *vector, behind);
            if !move_to(&mut self.storage, global.pages(), place, capacity) {
                return false;
            }
        }
        vector.set_limit(limit);
        self.charged += more;
        true
    }

    /// Lets the vector of `class` keep no more than `limit` slots, or as many as it has.
    pub(super) fn shrink(&mut self, class: SizeClass, limit: usize) {
        let vector = self.vector(class);
        let before = charge(class, vector.limit());
        vector.set_limit(limit.min(vector.limit()));
        let after = charge(class, vector.limit());
        self.charged -= before - after;
    }

    /// Whether `class` may have `more` bytes than the budget has for limits. For a while after nobody had room to lose, it is denied, mostly
    /// without a look.
    fn is_granted(&mut self, global: &C, class: SizeClass, more: usize) -> bool {
        self.denied = self.denied.saturating_sub(1);
        if !self.denied.is_multiple_of(LOOK_EVERY) {
            return false;
        }
        self.is_affordable(more) || self.denied == 0 && self.make_affordable(global, class, more)
    }

    /// Whether limits may be raised by `more` bytes: the budget suffices for all of them, or for what is kept now and this.
    fn is_affordable(&self, more: usize) -> bool {
        let limits = self.charged + more;
        limits <= self.budget
            || limits <= self.budget * OVERCOMMITTED && self.kept_bytes() + more <= self.budget
    }

    /// Takes room from a few other classes, one after the other, until `class` can have `more` bytes; says whether it can. A class that
    /// asked for room or slots since the hand last came by is passed over.
    fn make_affordable(&mut self, global: &C, class: SizeClass, more: usize) -> bool {
        let mut looked_at = 0;
        for _ in 0..CLASSES {
            if looked_at == LOOKED_AT {
                break;
            }
            self.hand = (self.hand + 1) % CLASSES;
            let other = SizeClass(self.hand as u8);
            let limit = self.vector(other).limit();
            if other == class || charge(other, limit) == 0 {
                continue;
            }
            looked_at += 1;
            let behind = self.behind.get_mut(self.hand);
            if behind.is_some_and(|b| core::mem::replace(&mut b.used, false)) {
                continue;
            }
            self.settle(other);
            // It has forgotten what it keeps.
            let older = self.vector(other).len().div_ceil(2);
            self.give_up_oldest(global, other, older);
            self.shrink(other, free_limit(other));
            if self.is_affordable(more) {
                return true;
            }
        }
        self.denied = PATIENCE;
        false
    }

    /// Has no storage any more: all vectors are empty. Up to about `kept` bytes of it stay in memory.
    pub(super) fn start_anew(&mut self, global: &C, kept: usize) {
        debug_assert!(self.all_vectors().all(|(_, vector)| vector.is_empty()));
        for (_, vector) in self.all_vectors() {
            *vector = ShuffleVector::empty();
        }
        self.behind.fill(Behind::NOTHING);
        self.behind_homeward.fill(Behind::NOTHING);
        self.charged = 0;
        let page = global.pages().system_page();
        // SAFETY: no vector has a piece of it any more.
        unsafe { self.storage.clear(global.pages(), page, kept) };
    }

    /// Has no storage any more, if all vectors are empty and `others` could use it, or it is large.
    pub(crate) fn give_back_storage(&mut self, others: bool) {
        if let Some(global) = self.global()
            && (others || self.storage.bytes() > LITTLE_STORAGE)
            && self.all_vectors().all(|(_, vector)| vector.is_empty())
        {
            self.start_anew(global, 0);
        }
    }
}
