//! A table of classes that are not powers of two.

use heap::{ClassMap, SizeClass};

/// Objects of 16, 48, 64 and 4096 × 3 bytes: three of them not powers of two.
pub(crate) struct Uneven;

pub(crate) const SIZES: [usize; 4] = [16, 48, 64, 3 << 12];

// SAFETY: a constant table in ascending order.
unsafe impl ClassMap for Uneven {
    const COUNT: usize = 4;
    const LARGEST: usize = 3 << 12;

    fn class_of(size: usize) -> Option<SizeClass> {
        let class = SIZES.iter().position(|&object| size <= object)?;
        Some(SizeClass(class as u8))
    }

    fn object_size(class: SizeClass) -> usize {
        SIZES[class.index()]
    }
}
