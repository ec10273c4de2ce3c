//! From a size to its class.

use crate::number::SizeClass;

/// A table of size classes: which class serves a size, and how large its objects are.
///
/// # Safety
/// Layers route a block to its class when it is given back as they did when it was asked for, and lay out objects by
/// their size. So implementations keep these facts, which property tests check:
/// * Both functions give the same answer each time.
/// * `class_of` never shrinks as the size grows; `object_size(class_of(s)) >= s`; `class_of(object_size(c)) == c`.
/// * `object_size` is at least 1 and at most `isize::MAX`.
pub unsafe trait ClassMap {
    /// The number of classes.
    const COUNT: usize;
    /// The largest size that has a class.
    const LARGEST: usize;

    /// The smallest class whose objects have room for `size` bytes; `None` above [`LARGEST`](Self::LARGEST).
    fn class_of(size: usize) -> Option<SizeClass>;

    /// The size of the objects of `class` in bytes.
    fn object_size(class: SizeClass) -> usize;
}

/// The smallest page size of the systems we know, as a power of two: 4 KiB.
const SMALLEST_PAGE_BITS: u32 = 12;

/// The alignment in bytes that a [`SizeClassHeap`](crate::SizeClassHeap) promises for objects of `object_size` bytes: the
/// largest power of two that divides the size, but no more than the smallest page.
pub const fn object_alignment(object_size: usize) -> usize {
    let bits = object_size.trailing_zeros();
    1 << if bits < SMALLEST_PAGE_BITS {
        bits
    } else {
        SMALLEST_PAGE_BITS
    }
}
