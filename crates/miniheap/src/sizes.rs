//! The sizes of the classes, computed from one rule.
//!
//! Steps of 16 bytes up to 128, then four classes a doubling up to 256 KiB: at most a fifth of an object is lost to rounding.
//!
//! The classes that may be meshed come first, then the larger ones, then those of what is kept [apart](crate::apart).

use crate::apart::{self, LARGEST_MESHED};

/// Bytes in a page.
pub(crate) const PAGE: usize = 4096;
/// The step of the smallest classes, and the alignment of every object.
pub(crate) const QUANTUM: usize = 16;
/// Classes up to this size are a quantum apart.
const LINEAR: usize = 128;
/// Classes per doubling above.
const PER_DOUBLING: usize = 4;
/// Larger objects have pages of their own.
pub(crate) const LARGEST: usize = 256 << 10;
/// Classes, without those of what is kept apart.
pub(crate) const COUNT: usize =
    LINEAR / QUANTUM + (LARGEST / LINEAR).ilog2() as usize * PER_DOUBLING;
/// With those of what is kept apart.
pub(crate) const ALL: usize = COUNT + apart::SIZES.len();

/// The classes that may be meshed are those below this number.
pub(crate) const MESHED: usize = {
    let mut class = 0;
    while size_of_class(class) <= LARGEST_MESHED {
        class += 1;
    }
    class
};

/// Bytes of an object of the class.
pub(crate) const fn size_of_class(class: usize) -> usize {
    if class >= COUNT {
        return apart::SIZES[class - COUNT];
    }
    let linear = LINEAR / QUANTUM;
    if class < linear {
        return (class + 1) * QUANTUM;
    }
    let (doubling, quarter) = (
        (class - linear) / PER_DOUBLING,
        (class - linear) % PER_DOUBLING,
    );
    let start = LINEAR << doubling;
    start + start / PER_DOUBLING * (quarter + 1)
}

const _: () = {
    assert!(ALL <= heap::Label::CLASSES as usize);
    assert!(size_of_class(COUNT - 1) == LARGEST);
    assert!(size_of_class(ALL - 1) == LARGEST_MESHED);
    let mut class = 0;
    while class < ALL {
        let size = size_of_class(class);
        assert!(size.is_multiple_of(QUANTUM));
        let is_first = class == 0 || class == COUNT;
        assert!(is_first || size > size_of_class(class - 1));
        // At most a fifth of an object above 128 bytes is lost, and half of one that is kept apart: the request was larger
        // than the class below.
        let most_lost = if class < COUNT { size / 5 } else { size / 2 };
        assert!(size <= LINEAR || size - size_of_class(class - 1) <= most_lost);
        class += 1;
    }
};
