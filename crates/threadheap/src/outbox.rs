//! Slots that another thread heap owns, on their way home.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use heap::SizeClass;

use crate::depth::CLASSES;

/// Slots kept before they are sent.
const CAPACITY: usize = 512;
/// Bytes kept before they are sent.
const MOST_BYTES: usize = 64 << 10;

/// A few freed slots with their classes.
pub(crate) struct Outbox {
    len: usize,
    bytes: usize,
    slots: [MaybeUninit<NonNull<u8>>; CAPACITY],
    classes: [SizeClass; CAPACITY],
}

impl Outbox {
    pub(crate) const fn new() -> Self {
        Self {
            len: 0,
            bytes: 0,
            slots: [MaybeUninit::uninit(); CAPACITY],
            classes: [SizeClass(0); CAPACITY],
        }
    }

    /// Bytes of the slots kept.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// [`bytes`](Self::bytes) of an outbox that its thread may be using: as of some moment.
    ///
    /// # Safety
    /// `this` is valid for reads.
    pub(crate) unsafe fn estimate_bytes_at(this: *const Self) -> usize {
        // SAFETY: valid for reads (contract).
        let bytes = unsafe { &raw const (*this).bytes };
        // SAFETY: as above; volatile, since the owner writes meanwhile: an aligned word is read as a whole.
        unsafe { bytes.read_volatile() }
    }

    /// Adds a slot of `bytes` bytes; says whether the outbox is to be emptied now. There is room unless it said so before.
    pub(crate) fn put(&mut self, class: SizeClass, slot: NonNull<u8>, bytes: usize) -> bool {
        if let (Some(place), Some(name)) =
            (self.slots.get_mut(self.len), self.classes.get_mut(self.len))
        {
            place.write(slot);
            *name = class;
            self.len += 1;
            self.bytes += bytes;
        }
        self.len == CAPACITY || self.bytes >= MOST_BYTES
    }

    /// Empties the outbox, class by class.
    pub(crate) fn send(&mut self, mut deliver: impl FnMut(SizeClass, &[NonNull<u8>])) {
        let len = core::mem::replace(&mut self.len, 0);
        self.bytes = 0;
        let classes = &self.classes[..len];
        // Where the slots of each class end in the sorted order: first their numbers, then the sums.
        let mut ends = [0_u16; CLASSES];
        for class in classes {
            ends[class.index()] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut sorted = [NonNull::<u8>::dangling(); CAPACITY];
        let mut starts = ends;
        // From the back, since places are given out from the ends: slots of a class keep their order.
        for (class, slot) in classes.iter().zip(&self.slots[..len]).rev() {
            let place = &mut starts[class.index()];
            *place -= 1;
            // SAFETY: the first `len` places were written by `put`.
            sorted[usize::from(*place)] = unsafe { slot.assume_init() };
        }
        for (class, (&start, &end)) in starts.iter().zip(&ends).enumerate() {
            if start < end {
                deliver(
                    SizeClass(class as u8),
                    &sorted[usize::from(start)..usize::from(end)],
                );
            }
        }
    }
}

const _: () = assert!(CAPACITY <= u16::MAX as usize);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn delivers_every_slot_once_to_its_class() {
        let mut outbox = Outbox::new();
        let mut expected = BTreeMap::<u8, Vec<usize>>::new();
        for number in 1..=CAPACITY {
            let class = (number * 7 % 5) as u8;
            let slot = NonNull::new((number * 16) as *mut u8).unwrap();
            let full = outbox.put(SizeClass(class), slot, 16);
            assert_eq!(full, number == CAPACITY);
            expected.entry(class).or_default().push(number * 16);
        }
        let mut delivered = BTreeMap::<u8, Vec<usize>>::new();
        outbox.send(|class, slots| {
            let before = delivered.insert(class.0, slots.iter().map(|s| s.addr().get()).collect());
            assert!(before.is_none(), "one batch a class");
        });
        assert_eq!(delivered, expected);
        outbox.send(|_, _| panic!("the outbox was emptied"));
    }

    #[test]
    fn many_bytes_fill_it_too() {
        let mut outbox = Outbox::new();
        let slot = NonNull::new(16 as *mut u8).unwrap();
        assert!(!outbox.put(SizeClass(0), slot, MOST_BYTES - 1));
        assert!(outbox.put(SizeClass(0), slot, 1));
    }
}
