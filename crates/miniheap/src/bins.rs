//! Units by how full they are.

use crate::fullness::{BINS, UNLISTED};
use crate::geometry::Geometry;
use crate::head::Head;
use crate::miniheap::{MiniHeap, NONE};
use crate::pool::Pool;

/// Units looked at in a bin for one that its taker owns.
const LOOKED_AT: usize = 4;

/// Lists of units, one for each degree of fullness.
pub(crate) struct Bins {
    heads: [Head; BINS],
    /// Bit `i` is set when bin `i` has a unit.
    occupied: u32,
}

impl Bins {
    pub(crate) const fn new() -> Self {
        Self {
            heads: [Head::NONE; BINS],
            occupied: 0,
        }
    }

    /// The bin for a unit with `count` slots in use.
    ///
    /// Full units are in none. A unit with few free slots is in none either: a refill would get little from it, and at
    /// that fullness next to nothing can be gained by filling it up.
    #[inline]
    pub(crate) fn bin_for(count: u16, geometry: &Geometry) -> u8 {
        if count > geometry.fullest_listed {
            return UNLISTED;
        }
        // `bin_scale` is 2^16 BINS / slots, rounded up: the quotient is exact for counts below the number of slots.
        ((u32::from(count) * geometry.bin_scale) >> 16) as u8
    }

    /// Adds a unit that is in no bin.
    pub(crate) fn insert(&mut self, heaps: &mut Pool<MiniHeap>, unit: u32, bin: u8) {
        let Some(head) = self.heads.get_mut(usize::from(bin)) else {
            return;
        };
        let next = head.replace(unit);
        self.occupied |= 1 << bin;
        if let Some(behind) = heaps.get_mut(next) {
            behind.previous = unit;
        }
        if let Some(record) = heaps.get_mut(unit) {
            (record.next, record.previous, record.bin) = (next, NONE, bin);
        }
    }

    /// Takes a unit out of the bin that it is in, if it is in one.
    pub(crate) fn remove(&mut self, heaps: &mut Pool<MiniHeap>, unit: u32) {
        let Some(record) = heaps.get_mut(unit) else {
            return;
        };
        let bin = core::mem::replace(&mut record.bin, UNLISTED);
        let Some(head) = self.heads.get_mut(usize::from(bin)) else {
            return;
        };
        let (next, previous) = (record.next, record.previous);
        if let Some(behind) = heaps.get_mut(next) {
            behind.previous = previous;
        }
        if let Some(before) = heaps.get_mut(previous) {
            before.next = next;
        } else {
            head.set(next);
            if next == NONE {
                self.occupied &= !(1 << bin);
            }
        }
    }

    /// A unit of the fullest bin that has one: one of the first that `wanted` accepts, else the first.
    pub(crate) fn fullest(
        &self,
        heaps: &Pool<MiniHeap>,
        wanted: impl Fn(&MiniHeap) -> bool,
    ) -> Option<u32> {
        let bin = self.occupied.checked_ilog2()?;
        let first = self.heads.get(bin as usize)?.get();
        let preferred = self
            .members(heaps, first)
            .take(LOOKED_AT)
            .find(|&unit| heaps.get(unit).is_some_and(&wanted));
        Some(preferred.unwrap_or(first))
    }

    /// All units, the emptiest bin first.
    pub(crate) fn iter<'a>(&'a self, heaps: &'a Pool<MiniHeap>) -> impl Iterator<Item = u32> + 'a {
        self.heads
            .iter()
            .flat_map(|head| self.members(heaps, head.get()))
    }

    fn members<'a>(
        &self,
        heaps: &'a Pool<MiniHeap>,
        first: u32,
    ) -> impl Iterator<Item = u32> + use<'a> {
        let exists = |unit: u32| (unit != NONE).then_some(unit);
        core::iter::successors(exists(first), move |&unit| {
            exists(heaps.get(unit).map_or(NONE, |record| record.next))
        })
    }
}
