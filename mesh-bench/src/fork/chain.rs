//! Objects that are linked through their own first bytes.
//!
//! A table of objects would be forked too, and would count in the time; a chain has no memory but that of its objects.

use crate::malloc;
use std::ptr::NonNull;

/// Objects of one size from `malloc`, the newest first. Those left at the end stay allocated.
pub(crate) struct Chain {
    newest: Option<NonNull<u8>>,
    size: usize,
}

type Link = Option<NonNull<u8>>;

impl Chain {
    /// The smallest object: room for the link and a stamp.
    pub(crate) const SMALLEST: usize = 2 * size_of::<Link>();

    /// No objects yet, later ones of `size` bytes, or [`SMALLEST`](Self::SMALLEST).
    pub(crate) fn new(size: usize) -> Self {
        Self {
            newest: None,
            size: size.max(Self::SMALLEST),
        }
    }

    /// Adds an object that is filled with `stamp`.
    pub(crate) fn push(&mut self, stamp: u8) {
        let object = malloc::allocate(self.size);
        // SAFETY: the object was just allocated with `size` bytes.
        unsafe { object.write_bytes(stamp, self.size) };
        // SAFETY: it has room for a link at its start.
        unsafe { object.cast::<Link>().write_unaligned(self.newest) };
        self.newest = Some(object);
    }

    /// Frees all objects.
    pub(crate) fn clear(&mut self) {
        while let Some(object) = self.newest {
            self.newest = link_of(object);
            // SAFETY: `push` allocated it, and it is in the chain no more.
            unsafe { malloc::release(object) };
        }
    }

    /// The number of objects whose last byte is `stamp`; all are read.
    pub(crate) fn count(&self, stamp: u8) -> u64 {
        let last = |object: NonNull<u8>| {
            // SAFETY: the last of the object's `size` bytes.
            let place = unsafe { object.add(self.size - 1) };
            // SAFETY: written by `push`.
            unsafe { place.read_volatile() }
        };
        let objects = std::iter::successors(self.newest, |&object| link_of(object));
        objects.filter(|&object| last(object) == stamp).count() as u64
    }

    /// Writes `stamp` to the last byte of the newest object, if there is one.
    pub(crate) fn write_one(&mut self, stamp: u8) {
        if let Some(object) = self.newest {
            // SAFETY: the last of the object's `size` bytes, which are more than the link.
            let last = unsafe { object.add(self.size - 1) };
            // SAFETY: the object is in the chain, so it is allocated, and `&mut self` owns it.
            unsafe { last.write_volatile(stamp) };
        }
    }
}

/// The object behind one that is in a chain.
fn link_of(object: NonNull<u8>) -> Link {
    // SAFETY: every object of a chain begins with a link, which `push` wrote.
    unsafe { object.cast::<Link>().read_unaligned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_counted_by_their_stamp() {
        let mut chain = Chain::new(48);
        (0..100).for_each(|index| chain.push(index % 2));
        assert_eq!((chain.count(0), chain.count(1)), (50, 50));
        chain.write_one(7);
        assert_eq!(
            (chain.count(0), chain.count(1), chain.count(7)),
            (50, 49, 1)
        );
        chain.clear();
        assert_eq!(chain.count(0), 0);
    }

    #[test]
    fn the_smallest_object_has_a_stamp_too() {
        let mut chain = Chain::new(1);
        chain.push(9);
        assert_eq!(chain.count(9), 1);
        chain.clear();
    }
}
