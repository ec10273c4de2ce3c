//! What is kept apart: small objects that are never meshed, and never protected.
//!
//! Those who cannot be made to wait at the barrier write to them: the C library with all signals blocked, or the kernel in
//! calls that nobody sees. They have size classes of their own up to the size from which on nothing is meshed, so their
//! spans are pinned from birth: where a page is looked at, its class tells, and `free` has no new question.
//!
//! Two classes a doubling: a program has few such objects, of many sizes, and each class costs it a span that is mostly empty.

/// The largest objects that are meshed, in bytes: spans of larger ones have few slots, and are often empty by themselves. Up to
/// it there are classes of what is kept apart.
pub(crate) const LARGEST_MESHED: usize = 2048;

/// The smallest class.
const SMALLEST: usize = 16;
const COUNT: usize = 2 * (LARGEST_MESHED / SMALLEST).ilog2() as usize;

/// The sizes of the classes: 16, and from 32 on powers of two, and what lies half-way between.
pub(crate) const SIZES: [usize; COUNT] = {
    let mut sizes = [SMALLEST; COUNT];
    let mut class = 1;
    while class < COUNT {
        let power = SMALLEST << class.div_ceil(2);
        sizes[class] = if class.is_multiple_of(2) {
            power + power / 2
        } else {
            power
        };
        class += 1;
    }
    sizes
};
