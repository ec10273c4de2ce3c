//! The spans of each size class, computed from one rule.
//!
//! The smallest run of pages with at least [`MIN_SLOTS`] slots, at most [`MAX_SLOTS`], and a tail of at most one part in [`TAIL_SHARE`]. Few
//! slots make spans that mesh, so no span is larger than that. A class whose objects are whole pages has spans of one slot: such a span is
//! empty or full, and its pages go back by themselves.
//!
//! Where the system has several pages as one, only whole [grains](Grain) can be put onto each other. So the spans of classes that may be
//! meshed are of whole grains, unless they had more slots than a span may have: of so many, hardly two would ever fit. Such classes, and
//! those that are never meshed, have the same spans everywhere.

use heap::{Grain, PageCount, Slot};

use crate::fullness::BINS;
use crate::sizes::{ALL, MESHED, PAGE, size_of_class};

/// Slots that a span has at least, unless its slots are whole pages.
const MIN_SLOTS: usize = 2;
/// Slots that a span has at most: bits of its bitmap.
const MAX_SLOTS: usize = 256;
/// The tail of a span is at most one part in this many.
const TAIL_SHARE: usize = 40;

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

/// The spans of all classes.
type Table = [Geometry; ALL];

/// Pages of a span for objects of `size` bytes, in steps of so many.
const fn pages_in_steps(size: usize, step: usize) -> usize {
    let mut pages = size.div_ceil(PAGE).next_multiple_of(step);
    if !size.is_multiple_of(PAGE) {
        while pages * PAGE / size < MIN_SLOTS || pages * PAGE % size > pages * PAGE / TAIL_SHARE {
            pages += step;
        }
    }
    pages
}

const fn geometry_of(class: usize, grain: Grain) -> Geometry {
    let size = size_of_class(class);
    let whole = pages_in_steps(size, grain.pages());
    let pages = if class < MESHED && whole * PAGE / size <= MAX_SLOTS {
        whole
    } else {
        pages_in_steps(size, 1)
    };
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

const fn table(grain: Grain) -> Table {
    let mut table = [Geometry::NONE; ALL];
    let mut class = 0;
    while class < ALL {
        table[class] = geometry_of(class, grain);
        class += 1;
    }
    table
}

/// Where the system's pages are no larger than the heap's.
pub(crate) const OF_PAGES: Table = table(Grain::PAGE);

/// The spans of all classes where the system has `grain` as one.
#[inline(always)]
pub(crate) fn of(grain: Grain) -> &'static Table {
    static PAGES: Table = OF_PAGES;
    static FOURS: Table = table(Grain::FOUR);
    static SIXTEENS: Table = table(Grain::SIXTEEN);
    match grain {
        Grain::FOUR => &FOURS,
        Grain::SIXTEEN => &SIXTEENS,
        _ => &PAGES,
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

/// What is relied on.
const fn assert_sound(grain: Grain) {
    let table = table(grain);
    let mut class = 0;
    while class < ALL {
        let (size, spans) = (size_of_class(class), table[class]);
        let bytes = spans.pages.0 as usize * PAGE;
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
}

const _: () = {
    assert_sound(Grain::PAGE);
    assert_sound(Grain::FOUR);
    assert_sound(Grain::SIXTEEN);
};

#[cfg(test)]
mod tests {
    use super::*;

    const GRAINS: [Grain; 3] = [Grain::PAGE, Grain::FOUR, Grain::SIXTEEN];

    #[test]
    fn every_offset_finds_its_slot() {
        for geometry in GRAINS.into_iter().flat_map(of) {
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

    #[test]
    fn what_may_be_meshed_is_of_whole_grains_where_it_has_few_slots() {
        for grain in GRAINS {
            for geometry in of(grain).iter().take(MESHED) {
                let slots = grain.pages() * PAGE / geometry.object_size as usize;
                assert_eq!(
                    grain.divides(geometry.pages),
                    slots <= MAX_SLOTS,
                    "{geometry:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_never_meshed_is_the_same_everywhere() {
        for grain in GRAINS {
            assert_eq!(of(grain)[MESHED..], OF_PAGES[MESHED..]);
        }
    }
}
