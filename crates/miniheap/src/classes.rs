//! From sizes to classes, by tables.

use crate::apart::LARGEST_MESHED;
use crate::geometry::{self, Geometry};
use crate::sizes::{ALL, COUNT, LARGEST, MESHED, PAGE, QUANTUM, size_of_class};
use heap::{ClassMap, Grain, SizeClass};

/// Sizes up to this have a table with one entry a quantum; above it the table has one entry per `COARSE` bytes.
const FINE_LIMIT: usize = 1024;
const COARSE: usize = 256;

/// The class of each size up to [`FINE_LIMIT`], in steps of a quantum.
static FINE: [u8; FINE_LIMIT / QUANTUM + 1] = table_of_steps(QUANTUM, 0);
/// The class of each size up to [`LARGEST`], in steps of [`COARSE`] bytes; the entries for small sizes are not used.
static COARSE_TABLE: [u8; LARGEST / COARSE + 1] = table_of_steps(COARSE, 0);

/// The same of what is kept apart, up to [`LARGEST_MESHED`].
static FINE_APART: [u8; FINE_LIMIT / QUANTUM + 1] = table_of_steps(QUANTUM, COUNT);
static COARSE_APART: [u8; LARGEST_MESHED / COARSE + 1] = table_of_steps(COARSE, COUNT);

/// For each number of steps the first class, from `class` on, that is large enough.
const fn table_of_steps<const N: usize>(step: usize, mut class: usize) -> [u8; N] {
    let mut table = [0; N];
    let mut entry = 0;
    while entry < N {
        while size_of_class(class) < entry * step {
            class += 1;
        }
        table[entry] = class as u8;
        entry += 1;
    }
    table
}

/// The size classes of Mesh.
pub struct SpanClasses;

impl SpanClasses {
    /// The number of classes, with those of what is kept apart.
    pub const ALL: usize = ALL;

    /// The largest objects that are meshed, in bytes.
    pub const LARGEST_MESHED: usize = LARGEST_MESHED;

    /// The spans of each class, where the system's pages are no larger than the heap's.
    pub const GEOMETRIES: [Geometry; ALL] = geometry::OF_PAGES;

    /// The spans of `class`, where the system has `grain` as one; those of the last class for numbers that are none.
    #[inline]
    pub fn geometry(class: SizeClass, grain: Grain) -> &'static Geometry {
        let table = geometry::of(grain);
        table.get(class.index()).unwrap_or(&table[ALL - 1])
    }

    /// Whether spans of `class` may be meshed.
    #[inline(always)]
    pub const fn may_be_meshed(class: SizeClass) -> bool {
        (class.0 as usize) < MESHED
    }

    /// Whether objects of `class` are alone in their spans, since they are whole pages.
    #[inline]
    pub fn is_whole(class: SizeClass) -> bool {
        Self::geometry(class, Grain::PAGE).slots == 1
    }

    /// Whether `class` is one of those of what is kept apart.
    pub const fn is_apart(class: SizeClass) -> bool {
        class.0 as usize >= COUNT
    }

    /// [`class_of_few`](Self::class_of_few) of what is kept apart.
    #[inline(always)]
    pub fn class_of_few_apart(size: usize) -> Option<SizeClass> {
        (size <= FINE_LIMIT).then(|| SizeClass(FINE_APART[size.div_ceil(QUANTUM)]))
    }

    /// [`class_of`](ClassMap::class_of) of what is kept apart. Objects above [`LARGEST_MESHED`](Self::LARGEST_MESHED) are
    /// never meshed, so there the class is that of everybody.
    #[inline]
    pub fn class_of_apart(size: usize) -> Option<SizeClass> {
        if size > LARGEST_MESHED {
            return Self::class_of(size);
        }
        let coarse = || SizeClass(COARSE_APART[size.div_ceil(COARSE)]);
        Some(Self::class_of_few_apart(size).unwrap_or_else(coarse))
    }

    /// [`class_for`](Self::class_for) of what is kept apart.
    pub fn class_for_apart(size: usize, align: usize) -> Option<SizeClass> {
        match Self::class_of_apart(size)? {
            class if Self::is_apart(class) && align <= PAGE => {
                let fits = |class: &u8| Self::object_size(SizeClass(*class)) & (align - 1) == 0;
                let class = (class.0..ALL as u8).find(fits).map(SizeClass);
                class.or_else(|| Self::class_for(LARGEST_MESHED + 1, align))
            }
            _ => Self::class_for(size, align),
        }
    }

    /// The class of a size up to 1 KiB, which one table look-up finds; `None` for all others.
    #[inline(always)]
    pub fn class_of_few(size: usize) -> Option<SizeClass> {
        // The index fits the table by the comparison, which the compiler sees: no bounds check is left.
        (size <= FINE_LIMIT).then(|| SizeClass(FINE[size.div_ceil(QUANTUM)]))
    }

    /// The class for a request of `size` bytes aligned to `align`, a power of two up to a page; `None` when the request
    /// needs pages of its own.
    pub fn class_for(size: usize, align: usize) -> Option<SizeClass> {
        // A span starts at a page, and not at a multiple of anything larger.
        if align > PAGE {
            return None;
        }
        let mut class = Self::class_of(size)?;
        // Slots start at multiples of the object size from the start of a page.
        // A mask instead of a division: `align` is a power of two.
        while Self::object_size(class) & (align - 1) != 0 {
            class = SizeClass(class.0 + 1);
            if class.index() >= COUNT {
                return None;
            }
        }
        Some(class)
    }
}

// SAFETY: the tables are made from `size_of_class`, which grows strictly: an entry is the first class that is large enough
// for every size of its step (the test over all sizes checks it), and `object_size` reads the same function's values.
unsafe impl ClassMap for SpanClasses {
    const COUNT: usize = COUNT;
    const LARGEST: usize = LARGEST;

    #[inline(always)]
    fn class_of(size: usize) -> Option<SizeClass> {
        Self::class_of_few(size).or_else(|| {
            // As above.
            (size <= LARGEST).then(|| SizeClass(COARSE_TABLE[size.div_ceil(COARSE)]))
        })
    }

    #[inline]
    fn object_size(class: SizeClass) -> usize {
        Self::geometry(class, Grain::PAGE).object_size as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_size_has_the_smallest_class_that_fits() {
        for size in 0..=LARGEST {
            let class = SpanClasses::class_of(size).unwrap();
            assert!(SpanClasses::object_size(class) >= size, "size {size}");
            if class.0 > 0 {
                assert!(
                    SpanClasses::object_size(SizeClass(class.0 - 1)) < size,
                    "size {size}"
                );
            }
        }
        assert_eq!(SpanClasses::class_of(LARGEST + 1), None);
        assert_eq!(SpanClasses::class_of(usize::MAX), None);
    }

    #[test]
    fn what_is_kept_apart_has_classes_of_its_own() {
        for size in 0..=LARGEST_MESHED {
            let class = SpanClasses::class_of_apart(size).unwrap();
            assert!(SpanClasses::is_apart(class), "size {size}");
            assert!(!SpanClasses::may_be_meshed(class), "size {size}");
            assert!(SpanClasses::object_size(class) >= size, "size {size}");
            if class.index() > COUNT {
                let smaller = SpanClasses::object_size(SizeClass(class.0 - 1));
                assert!(smaller < size, "size {size}");
            }
        }
        let larger = LARGEST_MESHED + 1;
        assert_eq!(
            SpanClasses::class_of_apart(larger),
            SpanClasses::class_of(larger)
        );
    }

    #[test]
    fn the_first_classes_may_be_meshed() {
        for size in 0..=LARGEST {
            let class = SpanClasses::class_of(size).unwrap();
            let is_small = SpanClasses::object_size(class) <= LARGEST_MESHED;
            assert_eq!(SpanClasses::may_be_meshed(class), is_small, "size {size}");
        }
    }

    proptest! {
        #[test]
        fn aligned_requests_get_aligned_slots(size in 0..=LARGEST, shift in 0..=12_u32) {
            let align = 1_usize << shift;
            if let Some(class) = SpanClasses::class_for(size, align) {
                let object = SpanClasses::object_size(class);
                prop_assert!(object >= size);
                prop_assert_eq!(object % align, 0);
            } else {
                let unfit = |class| {
                    let object = SpanClasses::object_size(SizeClass(class));
                    object < size || object % align != 0
                };
                prop_assert!((0..COUNT as u8).all(unfit), "a class fits");
            }
        }

        #[test]
        fn aligned_requests_that_are_kept_apart_are_never_meshed(size in 0..=LARGEST, shift in 0..=12_u32) {
            let align = 1_usize << shift;
            match SpanClasses::class_for_apart(size, align) {
                Some(class) => {
                    let object = SpanClasses::object_size(class);
                    prop_assert!(object >= size);
                    prop_assert_eq!(object % align, 0);
                    prop_assert!(!SpanClasses::may_be_meshed(class));
                }
                None => prop_assert_eq!(SpanClasses::class_for(size, align), None),
            }
        }
    }
}
