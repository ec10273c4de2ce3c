//! Numbers for objects: small, and used again.

use crate::address_map::AddressMap;
use crate::system::System;

/// The numbers of all live objects, and those that are free.
pub(crate) struct Numbers {
    live: AddressMap,
    /// Free numbers; the last one is used first.
    spare: &'static mut [u64],
    spares: usize,
    /// One more than the greatest number so far.
    next: u32,
}

const SMALLEST: usize = 1 << 12;

impl Numbers {
    pub(crate) const fn new() -> Self {
        Self {
            live: AddressMap::new(),
            spare: &mut [],
            spares: 0,
            next: 0,
        }
    }

    /// The number of the live object at `address`.
    pub(crate) fn number(&self, address: u64) -> Option<u32> {
        self.live.number(address)
    }

    /// A number for the object at `address`; `None` when there is no memory.
    pub(crate) fn give(&mut self, system: &mut impl System, address: u64) -> Option<u32> {
        let number = match self.spares.checked_sub(1) {
            Some(last) => {
                self.spares = last;
                self.spare.get(last).map(|&spare| spare as u32)?
            }
            None => {
                let number = self.next;
                self.next = number.checked_add(1)?;
                number
            }
        };
        self.place(system, address, number)?;
        Some(number)
    }

    /// Says that the object `number` is at `address` now; `None` when there is no memory.
    pub(crate) fn place(
        &mut self,
        system: &mut impl System,
        address: u64,
        number: u32,
    ) -> Option<()> {
        self.live.insert(system, address, number)
    }

    /// Takes the object at `address` away from there. It keeps its number.
    pub(crate) fn lift(&mut self, address: u64) -> Option<u32> {
        self.live.remove(address)
    }

    /// Takes the number of an object that is at no address any more; `None` when there is no memory.
    pub(crate) fn take(&mut self, system: &mut impl System, number: u32) -> Option<()> {
        if self.spares == self.spare.len() {
            let new = system.words((2 * self.spares).max(SMALLEST))?;
            new.get_mut(..self.spares)?.copy_from_slice(self.spare);
            let old = core::mem::replace(&mut self.spare, new);
            if !old.is_empty() {
                system.give_back(old);
            }
        }
        *self.spare.get_mut(self.spares)? = number.into();
        self.spares += 1;
        Some(())
    }
}
