//! Numbers by address.

use crate::system::System;

/// A hash table with linear probing, at most half full; a pair of words is an address and its number. Address zero says
/// that a pair is empty.
pub(crate) struct AddressMap {
    pairs: &'static mut [u64],
    len: usize,
}

const SMALLEST: usize = 1 << 12;

impl AddressMap {
    pub(crate) const fn new() -> Self {
        Self {
            pairs: &mut [],
            len: 0,
        }
    }

    /// Pairs there is room for: zero, or a power of two.
    fn room(&self) -> usize {
        self.pairs.len() / 2
    }

    /// The pair at which a search for `address` begins.
    fn home(&self, address: u64) -> usize {
        // The upper bits of a product with 2^64 over the golden ratio: Knuth's multiplicative hashing.
        let mixed = address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        mixed as usize & self.room().wrapping_sub(1)
    }

    fn after(&self, pair: usize) -> usize {
        (pair + 1) & self.room().wrapping_sub(1)
    }

    fn address_at(&self, pair: usize) -> u64 {
        self.pairs.get(2 * pair).copied().unwrap_or(0)
    }

    fn set(&mut self, pair: usize, address: u64, number: u64) {
        if let Some([first, second]) = self.pairs.get_mut(2 * pair..2 * pair + 2) {
            (*first, *second) = (address, number);
        }
    }

    /// The pair of `address`, or the empty one where it belongs.
    fn find(&self, address: u64) -> usize {
        let mut at = self.home(address);
        while self.address_at(at) != 0 && self.address_at(at) != address {
            at = self.after(at);
        }
        at
    }

    /// The number of `address`.
    pub(crate) fn number(&self, address: u64) -> Option<u32> {
        let pair = self.find(address);
        (self.address_at(pair) == address && address != 0)
            .then(|| self.pairs.get(2 * pair + 1).map(|&number| number as u32))?
    }

    /// Gives `address`, which is not zero, this number; `None` when there is no memory.
    pub(crate) fn insert(
        &mut self,
        system: &mut impl System,
        address: u64,
        number: u32,
    ) -> Option<()> {
        if self.room() < 2 * (self.len + 1) {
            self.grow(system)?;
        }
        let pair = self.find(address);
        self.len += usize::from(self.address_at(pair) == 0);
        self.set(pair, address, number.into());
        Some(())
    }

    fn grow(&mut self, system: &mut impl System) -> Option<()> {
        let room = (2 * self.room()).max(SMALLEST);
        let old = core::mem::replace(&mut self.pairs, system.words(2 * room)?);
        for pair in old.chunks_exact(2).filter(|pair| pair[0] != 0) {
            self.set(self.find(pair[0]), pair[0], pair[1]);
        }
        if !old.is_empty() {
            system.give_back(old);
        }
        Some(())
    }

    /// Takes `address` out and returns its number.
    pub(crate) fn remove(&mut self, address: u64) -> Option<u32> {
        let number = self.number(address)?;
        self.len -= 1;
        // Pairs that had to go past this one move up, so that a search never ends too early (Knuth 6.4, algorithm R).
        let mut hole = self.find(address);
        let mut at = self.after(hole);
        loop {
            let moved = self.address_at(at);
            if moved == 0 {
                break;
            }
            let mask = self.room() - 1;
            let from_home = at.wrapping_sub(self.home(moved)) & mask;
            if from_home >= at.wrapping_sub(hole) & mask {
                let number = self.pairs.get(2 * at + 1).copied().unwrap_or(0);
                self.set(hole, moved, number);
                hole = at;
            }
            at = self.after(at);
        }
        self.set(hole, 0, 0);
        Some(number)
    }
}
