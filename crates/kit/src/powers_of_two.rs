//! The size classes of Kingsley's allocator.

use heap::{ClassMap, SizeClass};

/// Sizes 16, 32, 64, …  and so on, up to `16 << (COUNT - 1)` bytes.
pub struct PowersOfTwo<const COUNT: usize>;

// SAFETY: both functions are pure arithmetic; rounding up to a power of two is monotonous, no smaller than its argument,
// and the identity on powers of two.
unsafe impl<const COUNT: usize> ClassMap for PowersOfTwo<COUNT> {
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
