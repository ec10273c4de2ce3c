//! Where a list of records begins.

use crate::miniheap::NONE;

/// The number of a record, or [`NONE`], for which all bytes are zero.
#[derive(Clone, Copy)]
pub(crate) struct Head(u32);

impl Head {
    pub(crate) const NONE: Self = Self(!NONE);

    pub(crate) fn get(self) -> u32 {
        !self.0
    }

    pub(crate) fn set(&mut self, number: u32) {
        self.0 = !number;
    }

    /// Sets it, and returns what it was.
    pub(crate) fn replace(&mut self, number: u32) -> u32 {
        let before = self.get();
        self.set(number);
        before
    }
}

const _: () = assert!(Head::NONE.0 == 0);
