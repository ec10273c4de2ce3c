//! From a size to its class.

use crate::number::SizeClass;

/// A table of size classes: which class serves a size, and how large its objects are.
///
/// Implementations keep these facts, which property tests check: `class_of` never shrinks as the size grows,
/// `object_size(class_of(s)) >= s`, and `class_of(object_size(c)) == c`.
pub trait ClassMap {
    /// The number of classes.
    const COUNT: usize;
    /// The largest size that has a class.
    const LARGEST: usize;

    /// The smallest class whose objects have room for `size` bytes; `None` above [`LARGEST`](Self::LARGEST).
    fn class_of(size: usize) -> Option<SizeClass>;

    /// The size of the objects of `class` in bytes.
    fn object_size(class: SizeClass) -> usize;
}

/// Sizes 16, 32, 64, … : the classes of Kingsley's allocator, up to `16 << (COUNT - 1)` bytes.
pub struct PowersOfTwo<const COUNT: usize>;

impl<const COUNT: usize> ClassMap for PowersOfTwo<COUNT> {
    const COUNT: usize = COUNT;
    const LARGEST: usize = 16 << (COUNT - 1);

    fn class_of(size: usize) -> Option<SizeClass> {
        if size > Self::LARGEST {
            return None;
        }
        let rounded = size.max(16).next_power_of_two();
        Some(SizeClass((rounded.trailing_zeros() - 4) as u8))
    }

    fn object_size(class: SizeClass) -> usize {
        16 << class.index()
    }
}
