//! Caches that a program makes by name, and names in the flags of `mallocx`. A thread has one, and keeps it: these are numbers.

use core::sync::atomic::{AtomicU64, Ordering};

/// What fits the flags: twelve bits, of which two values mean something else.
const MOST: usize = (1 << 12) - 2;

/// The numbers in use, one bit each.
static IN_USE: [AtomicU64; MOST.div_ceil(64)] = [const { AtomicU64::new(0) }; MOST.div_ceil(64)];

/// A number that is not in use, and is from now on.
pub(super) fn make() -> Option<u32> {
    for (index, word) in IN_USE.iter().enumerate() {
        let taken = word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
            (word != u64::MAX).then(|| word | !word & (word + 1))
        });
        if let Ok(before) = taken {
            let number = 64 * index + before.trailing_ones() as usize;
            return (number < MOST).then_some(number as u32);
        }
    }
    None
}

/// Whether the number is in use.
pub(super) fn has(number: u32) -> bool {
    let (word, bit) = (number as usize / 64, number % 64);
    let word = IN_USE
        .get(word)
        .map_or(0, |word| word.load(Ordering::Relaxed));
    word >> bit & 1 != 0
}

/// Takes a number back; says whether it was in use.
pub(super) fn end(number: u32) -> bool {
    let (word, bit) = (number as usize / 64, number % 64);
    let mask = 1 << bit;
    IN_USE
        .get(word)
        .is_some_and(|word| word.fetch_and(!mask, Ordering::Relaxed) & mask != 0)
}
