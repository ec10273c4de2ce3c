//! How much a thread may keep.
//!
//! What a thread keeps looks like objects in use to everybody else: nobody else gets it, and meshing cannot move anything onto it.
//! So a thread has one budget of bytes over all classes. Few slots of a class are free of charge. When its vector runs empty soon after
//! it last did, or full when it had to ask for what it gave up before, it may keep twice as many, as long as the budget lasts. Then
//! others that do not use their room lose it.

use heap::{ClassMap, OwnerId, Preset, SizeClass};
use miniheap::SpanClasses;

/// Bytes that each of the first threads keeps at most, with the entries for it, but for what is free of charge, unless somebody says
/// otherwise.
pub(crate) const BUDGET: usize = 2 << 20;
/// That, or what somebody has said.
pub(crate) type Budget = Preset<BUDGET>;
/// What can be said, at most.
pub(crate) const LARGEST_BUDGET: usize = 64 << 20;
/// The limits of all vectors together may be this many times as much: they are not all full at a time.
pub(crate) const OVERCOMMITTED: usize = 4;
/// So many threads may keep as much. Of later ones the `n`-th keeps that part of it that these are of `n`.
const FIRST_THREADS: u32 = 16;
/// What every thread may keep, unless the first ones may keep less.
const LEAST_BYTES: usize = 256 << 10;

/// Bytes of one class that are free of charge, and slots of it, at most.
const FREE_BYTES: usize = 8 << 10;
const FREE_SLOTS: usize = 8;

/// Bytes and slots that a refill fetches at most, twice: a vector grows up to that by running empty.
const BATCH_BYTES: usize = 64 << 10;
const BATCH_SLOTS: usize = 512;
/// The slots, of what is kept apart: few objects, which come one by one.
const BATCH_SLOTS_APART: usize = 64;
/// A class that keeps more runs empty or full less often. It need not while the thread hands out so many slots, of all classes, from one
/// time to the next, and so many more for each slot that it may keep: that is how long it takes until what a refill costs, and what each
/// slot of it costs, is a few instructions for each of them.
const SELDOM: u32 = 1_024;
const SELDOM_PER_SLOT: u32 = 64;

/// Spans that one refill takes slots from, at most.
pub(crate) const SPANS_PER_REFILL: usize = 16;
/// Slots of a class that a thread keeps which only frees, at most.
const MOST_SLOTS_FREED: usize = 64;

/// Slots of a class that wait to go home, at most.
pub(crate) const HOMEWARD: usize = 256;

/// Slots that are given up under one hold of a lock, at most.
pub(crate) const GIVEN_AT_ONCE: usize = 256;

/// Slots that a thread hands out of what it keeps before it looks whether upkeep is due. The look costs some 100 instructions.
pub(crate) const BETWEEN_LOOKS: i32 = 4096;

/// Storage for entries that stays in memory when a thread ends, in bytes: the next one will need it.
pub(crate) const LEFT_STORAGE: usize = 256 << 10;

/// Bytes that processors exchange as one.
pub(crate) const CACHE_LINE: usize = 64;

/// The classes whose objects share cache lines with others: those below this number.
pub(crate) const LINE_CLASSES: usize = {
    let mut class = 0;
    while (SpanClasses::GEOMETRIES[class].object_size as usize) < CACHE_LINE {
        class += 1;
    }
    class
};

/// The number of size classes.
pub(crate) const CLASSES: usize = SpanClasses::ALL;

/// What the thread heap with this number may keep, in bytes, where the first ones may keep `most`.
pub(crate) fn budget_of(owner: OwnerId, most: usize) -> usize {
    let share = (owner.0 / FIRST_THREADS).max(1) as usize;
    (most / share).max(LEAST_BYTES.min(most))
}

/// What is the same for all vectors of a class.
struct Numbers {
    /// Slots that are free of charge.
    free: u16,
    /// The limit up to which a vector grows by running empty.
    batch: u16,
    /// Bytes of the budget that each slot takes: its own, and those of the entry for it.
    charge: u32,
}

/// Computed before: it would take divisions.
static NUMBERS: [Numbers; CLASSES] = {
    let mut numbers = [const {
        Numbers {
            free: 0,
            batch: 0,
            charge: 0,
        }
    }; CLASSES];
    let mut class = 0;
    while class < CLASSES {
        let bytes = SpanClasses::GEOMETRIES[class].object_size as usize;
        let free = least(FREE_BYTES / bytes, FREE_SLOTS);
        let most = if SpanClasses::is_apart(SizeClass(class as u8)) {
            BATCH_SLOTS_APART
        } else {
            BATCH_SLOTS
        };
        let batch = least(BATCH_BYTES / bytes, most);
        numbers[class] = Numbers {
            free: free as u16,
            batch: if batch == 0 { 1 } else { batch as u16 },
            charge: (bytes + size_of::<*mut u8>()) as u32,
        };
        class += 1;
    }
    numbers
};

const fn least(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

/// Those of `class`; of the last one for numbers that are none.
fn numbers(class: SizeClass) -> &'static Numbers {
    NUMBERS.get(class.index()).unwrap_or(&NUMBERS[CLASSES - 1])
}

/// The slots of `class` that are free of charge.
pub(crate) fn free_limit(class: SizeClass) -> usize {
    numbers(class).free.into()
}

/// Bytes of the budget that it takes to keep `limit` slots of `class`.
pub(crate) fn charge(class: SizeClass, limit: usize) -> usize {
    let numbers = numbers(class);
    limit.saturating_sub(numbers.free.into()) * numbers.charge as usize
}

/// Slots of `class` that nobody keeps more of.
pub(crate) fn most_slots(class: SizeClass) -> usize {
    free_limit(class) + LARGEST_BUDGET / SpanClasses::object_size(class)
}

/// The limit up to which a vector of `class` grows by running empty.
pub(crate) fn batch_limit(class: SizeClass) -> usize {
    numbers(class).batch.into()
}

/// The limit up to which a vector of `class` grows by running full, of a thread that only frees: it has no use for more.
pub(crate) fn limit_when_full(class: SizeClass) -> usize {
    let share = (batch_limit(class) / 4).min(MOST_SLOTS_FREED);
    share.max(free_limit(class))
}

/// A vector of so many slots that lasts while its thread hands out this many, of all classes, need not keep more.
pub(crate) fn seldom(limit: usize) -> u32 {
    SELDOM.saturating_add(SELDOM_PER_SLOT.saturating_mul(limit as u32))
}

/// How many slots of `class` a refill asks for at this limit.
pub(crate) fn refill_size(class: SizeClass, limit: usize) -> usize {
    limit.min(batch_limit(class)).div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> impl Iterator<Item = SizeClass> {
        (0..CLASSES as u8).map(SizeClass)
    }

    #[test]
    fn what_is_free_of_charge_is_little() {
        let bytes: usize = classes()
            .map(|class| free_limit(class) * SpanClasses::object_size(class))
            .sum();
        assert!(bytes <= 256 << 10, "{bytes}");
        assert!(classes().all(|class| charge(class, free_limit(class)) == 0));
    }

    #[test]
    fn a_thousand_threads_keep_no_more_than_two_hundred() {
        let all: usize = (1..=1_000).map(|n| budget_of(OwnerId(n), BUDGET)).sum();
        assert!(all <= 200 * BUDGET, "{all}");
        assert_eq!(budget_of(OwnerId(1), BUDGET), BUDGET);
        assert_eq!(budget_of(OwnerId(1_000), BUDGET), LEAST_BYTES);
        assert_eq!(budget_of(OwnerId(1_000), 10_000), 10_000);
    }

    #[test]
    fn a_budget_suffices_for_a_batch_of_any_class() {
        for class in classes() {
            assert!(charge(class, batch_limit(class)) <= BUDGET);
            assert!(refill_size(class, 1) == 1 && limit_when_full(class) <= batch_limit(class));
        }
    }
}
