//! Size classes and the spans that hold them, computed from one rule.
//!
//! **Classes.** Steps of 16 bytes up to 128, then four classes a doubling up to 256 KiB: at most a fifth of an object is
//! lost to rounding.
//!
//! **Spans.** The smallest run of pages with at least [`MIN_SLOTS`] slots, at most [`MAX_SLOTS`], and a tail of at most one
//! part in [`TAIL_SHARE`]. Few slots make spans that mesh, so no span is larger than that. A class whose objects are whole
//! pages has spans of one slot: such a span is empty or full, and its pages go back by themselves.
//!
//! **Numbers.** The classes that may be meshed come first, then the larger ones, then those of what is kept
//! [apart](crate::apart).

use crate::apart::{self, LARGEST_MESHED};
use crate::fullness::BINS;
use heap::{ClassMap, PageCount, SizeClass, Slot};

/// Bytes in a page.
const PAGE: usize = 4096;
/// Slots that a span has at least, unless its slots are whole pages.
const MIN_SLOTS: usize = 2;
/// Slots that a span has at most: bits of its bitmap.
const MAX_SLOTS: usize = 256;
/// The tail of a span is at most one part in this many.
const TAIL_SHARE: usize = 40;

/// The step of the smallest classes, and the alignment of every object.
const QUANTUM: usize = 16;
/// Classes up to this size are a quantum apart.
const LINEAR: usize = 128;
/// Classes per doubling above.
const PER_DOUBLING: usize = 4;
const LARGEST: usize = 256 << 10;
const COUNT: usize = LINEAR / QUANTUM + (LARGEST / LINEAR).ilog2() as usize * PER_DOUBLING;
/// With those of what is kept apart.
const ALL: usize = COUNT + apart::SIZES.len();

/// The classes that may be meshed are those below this number.
const MESHED: usize = {
    let mut class = 0;
    while size_of_class(class) <= LARGEST_MESHED {
        class += 1;
    }
    class
};

/// What the spans of one size class look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Bytes of an object.
    pub object_size: u32,
    /// Pages of a span.
    pub pages: PageCount,
    /// Slots of a span.
    pub slots: u16,
    /// `2^32 / object_size`, rounded up: division by multiplication.
    reciprocal: u32,
    /// `2^16 × BINS / slots`, rounded up.
    pub(crate) bin_scale: u32,
    /// Units with more slots in use than this have no bin.
    pub(crate) fullest_listed: u16,
}

impl Geometry {
    /// That of no class.
    pub(crate) const NONE: Self = Self {
        object_size: 0,
        pages: PageCount(0),
        slots: 0,
        reciprocal: 0,
        bin_scale: 0,
        fullest_listed: 0,
    };
}

const fn size_of_class(class: usize) -> usize {
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

const fn geometry_of_size(size: usize) -> Geometry {
    let mut pages = size.div_ceil(PAGE);
    if !size.is_multiple_of(PAGE) {
        while pages * PAGE / size < MIN_SLOTS || pages * PAGE % size > pages * PAGE / TAIL_SHARE {
            pages += 1;
        }
    }
    let slots = pages * PAGE / size;
    // A unit is listed while at least one part in BINS of its slots is free, and no less than one slot.
    let least_free = slots.div_ceil(BINS);
    Geometry {
        object_size: size as u32,
        pages: PageCount(pages as u32),
        slots: slots as u16,
        bin_scale: (BINS << 16).div_ceil(slots) as u32,
        fullest_listed: (slots - least_free) as u16,
        reciprocal: (1_u64 << 32).div_ceil(size as u64) as u32,
    }
}

const GEOMETRIES: [Geometry; ALL] = {
    let mut table = [geometry_of_size(QUANTUM); ALL];
    let mut class = 0;
    while class < ALL {
        table[class] = geometry_of_size(size_of_class(class));
        class += 1;
    }
    table
};

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

    /// The spans of each class.
    pub const GEOMETRIES: [Geometry; ALL] = GEOMETRIES;

    /// The spans of `class`; those of the last class for numbers that are none.
    #[inline]
    pub fn geometry(class: SizeClass) -> &'static Geometry {
        static TABLE: [Geometry; ALL] = GEOMETRIES;
        TABLE.get(class.index()).unwrap_or(&TABLE[ALL - 1])
    }

    /// Whether spans of `class` may be meshed.
    #[inline(always)]
    pub const fn may_be_meshed(class: SizeClass) -> bool {
        (class.0 as usize) < MESHED
    }

    /// Whether objects of `class` are alone in their spans, since they are whole pages.
    #[inline]
    pub fn is_whole(class: SizeClass) -> bool {
        Self::geometry(class).slots == 1
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
        Self::geometry(class).object_size as usize
    }
}

impl Geometry {
    /// The slot that starts `offset` bytes after the span does; `None` when none starts there.
    #[inline]
    pub fn slot_at(&self, offset: usize) -> Option<Slot> {
        if offset < self.bytes_of_slots() {
            self.slot_within(offset)
        } else {
            None
        }
    }

    /// Bytes of all slots of a span.
    #[inline]
    pub fn bytes_of_slots(&self) -> usize {
        usize::from(self.slots) * self.object_size as usize
    }

    /// [`slot_at`](Self::slot_at) for an offset below [`bytes_of_slots`](Self::bytes_of_slots).
    #[inline]
    pub fn slot_within(&self, offset: usize) -> Option<Slot> {
        debug_assert!(offset < self.bytes_of_slots());
        let slot = (offset as u64 * u64::from(self.reciprocal)) >> 32;
        (slot * u64::from(self.object_size) == offset as u64).then_some(Slot(slot as u16))
    }

    /// Where `slot` starts, in bytes after the start of the span.
    #[inline]
    pub fn offset_of(&self, slot: Slot) -> usize {
        slot.index() * self.object_size as usize
    }
}

const _: () = {
    assert!(ALL <= heap::Label::CLASSES as usize);
    assert!(size_of_class(COUNT - 1) == LARGEST);
    assert!(size_of_class(ALL - 1) == LARGEST_MESHED);
    let mut class = 0;
    while class < ALL {
        let (size, spans) = (size_of_class(class), GEOMETRIES[class]);
        let bytes = spans.pages.0 as usize * PAGE;
        assert!(size.is_multiple_of(QUANTUM));
        let is_first = class == 0 || class == COUNT;
        assert!(is_first || size > size_of_class(class - 1));
        // At most a fifth of an object above 128 bytes is lost, and half of one that is kept apart: the request was larger
        // than the class below.
        let most_lost = if class < COUNT { size / 5 } else { size / 2 };
        assert!(size <= LINEAR || size - size_of_class(class - 1) <= most_lost);
        assert!(class >= MESHED || spans.slots > 1);
        assert!(spans.slots as usize <= MAX_SLOTS);
        assert!(spans.slots as usize >= MIN_SLOTS || size.is_multiple_of(PAGE));
        assert!(bytes - spans.slots as usize * size <= bytes / TAIL_SHARE);
        // The scale gives every count of a listed unit its bin.
        let mut count = 0;
        while count < spans.slots as usize {
            let bin = (count * spans.bin_scale as usize) >> 16;
            assert!(bin == count * BINS / spans.slots as usize && bin < BINS);
            count += 1;
        }
        // The reciprocal divides exactly up to the span's length. Of one slot, what does not start at its start is told either way.
        assert!(spans.slots == 1 || bytes as u64 <= (1_u64 << 32) / size as u64);
        class += 1;
    }
};

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

    #[test]
    fn every_offset_finds_its_slot() {
        for geometry in &GEOMETRIES {
            for offset in 0..geometry.pages.index() * PAGE {
                let size = geometry.object_size as usize;
                let slot = offset / size;
                let starts = offset % size == 0 && slot < usize::from(geometry.slots);
                assert_eq!(
                    geometry.slot_at(offset),
                    starts.then_some(Slot(slot as u16))
                );
            }
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
