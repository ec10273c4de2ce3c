//! How many slots of each class a thread may keep.
//!
//! Few at first; each time the vector runs empty or full the limit doubles, up to a bound in bytes and in entries. What a
//! thread keeps looks like objects in use to everybody else, so the bound is also one on what meshing cannot see.

use core::ops::RangeInclusive;

use heap::SizeClass;
use miniheap::SpanClasses;
use shufflevector::ShuffleVector;

/// Bytes of one class that a thread keeps at most.
const MOST_BYTES: usize = 64 << 10;
/// Slots of one class that a thread keeps at most.
const MOST_SLOTS: usize = 512;
/// The same of what is kept apart: few objects, which come one by one.
const MOST_SLOTS_APART: usize = 64;
/// Slots of one class that a thread can always keep.
const LEAST_SLOTS: usize = 16;
/// The limit of a class that the thread has not used much, at least and at most.
const FIRST_LIMIT: RangeInclusive<usize> = 2..=8;
/// Slots of a class that a thread keeps which only frees, at most.
const MOST_SLOTS_FREED: usize = 64;
/// Slots of a class that wait to go home, at most.
pub(crate) const HOMEWARD: usize = 256;

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

const fn clamped(slots: usize, range: RangeInclusive<usize>) -> usize {
    if slots < *range.start() {
        *range.start()
    } else if slots > *range.end() {
        *range.end()
    } else {
        slots
    }
}

const fn capacity_of(class: usize) -> usize {
    let most = if SpanClasses::is_apart(SizeClass(class as u8)) {
        MOST_SLOTS_APART
    } else {
        MOST_SLOTS
    };
    let object_size = SpanClasses::GEOMETRIES[class].object_size as usize;
    clamped(MOST_BYTES / object_size, LEAST_SLOTS..=most)
}

/// The most slots of each class.
pub(crate) const CAPACITIES: [usize; CLASSES] = {
    let mut capacities = [0; CLASSES];
    let mut class = 0;
    while class < CLASSES {
        capacities[class] = capacity_of(class);
        class += 1;
    }
    capacities
};

/// The entries of all vectors together, and those in front of them.
pub(crate) const ENTRIES: usize = {
    let (mut sum, mut class) = (ShuffleVector::FRONT + LINE_CLASSES * HOMEWARD, 0);
    while class < CLASSES {
        sum += CAPACITIES[class];
        class += 1;
    }
    sum
};

/// The limit that a class of this capacity starts with.
pub(crate) const fn first_limit(capacity: usize) -> usize {
    clamped(capacity / 8, FIRST_LIMIT)
}

/// The limit up to which a vector of this capacity grows when it runs full; when it runs empty, it grows up to its capacity. A
/// thread that only frees has no use for more.
pub(crate) const fn limit_when_full(capacity: usize) -> usize {
    clamped(capacity / 4, first_limit(capacity)..=MOST_SLOTS_FREED)
}

/// How many slots a refill asks for at this limit.
pub(crate) const fn refill_size(limit: usize) -> usize {
    limit.div_ceil(2)
}

const _: () = {
    let mut class = 0;
    while class < CLASSES {
        let size = SpanClasses::GEOMETRIES[class].object_size as usize;
        assert!(CAPACITIES[class] >= LEAST_SLOTS && CAPACITIES[class] <= MOST_SLOTS);
        assert!(CAPACITIES[class] * size <= MOST_BYTES || CAPACITIES[class] == LEAST_SLOTS);
        class += 1;
    }
};
