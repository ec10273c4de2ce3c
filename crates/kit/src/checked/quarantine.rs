//! Freed blocks that are not used again yet.

use core::alloc::Layout;
use core::ptr::NonNull;

/// A freed block. Its layout is kept here, where a program that writes to the block cannot change it.
#[derive(Clone, Copy)]
pub(super) struct Freed {
    pub(super) block: NonNull<u8>,
    pub(super) layout: Layout,
}

/// The last `N` freed blocks, in a ring.
pub(super) struct Quarantine<const N: usize> {
    ring: [Option<Freed>; N],
    /// Where the oldest block is, or the first gap if the ring is not full.
    next: usize,
}

// SAFETY: the blocks belong to the quarantine alone and go wherever it goes.
unsafe impl<const N: usize> Send for Quarantine<N> {}

impl<const N: usize> Quarantine<N> {
    pub(super) const EMPTY: Self = Self {
        ring: [None; N],
        next: 0,
    };

    pub(super) fn contains(&self, block: NonNull<u8>) -> bool {
        self.ring.iter().flatten().any(|freed| freed.block == block)
    }

    /// Takes a block in, and gives out the one that has been here longest if there is no room for both.
    pub(super) fn push(&mut self, freed: Freed) -> Option<Freed> {
        let Some(place) = self.ring.get_mut(self.next) else {
            return Some(freed); // a ring of no places
        };
        self.next = if self.next + 1 == N { 0 } else { self.next + 1 };
        place.replace(freed)
    }

    /// Gives out any block.
    pub(super) fn pop(&mut self) -> Option<Freed> {
        self.ring.iter_mut().find_map(Option::take)
    }
}
