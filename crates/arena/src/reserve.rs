//! A reserved range of addresses that is opened from both its ends, in steps.

use core::ptr::NonNull;

use crate::os::{Access, Errno, Os};

/// Addresses `base .. base + len`, of which `0..low` and `high..len` are open for reading and writing.
pub(crate) struct Reserve {
    base: NonNull<u8>,
    len: usize,
    low: usize,
    high: usize,
}

// SAFETY: the range belongs to whoever has this value.
unsafe impl Send for Reserve {}

/// What an opening added, as offsets; empty when the part was open already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Opened {
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Reserve {
    /// Reserves `len` bytes; what is not open yet permits `access`.
    pub(crate) fn new<O: Os>(os: &O, len: usize, access: Access) -> Result<Self, Errno> {
        let len = len.next_multiple_of(O::PAGE_SIZE);
        Ok(Self {
            base: os.reserve(len, access)?,
            len,
            low: 0,
            high: len,
        })
    }

    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that are open.
    pub(crate) fn open_bytes(&self) -> usize {
        self.low + (self.len - self.high)
    }

    /// Opens at least `0..upto`, in steps of `step` bytes (a multiple of the page size).
    ///
    /// When the system refuses a whole step, only what is needed is opened.
    pub(crate) fn open_below<O: Os>(
        &mut self,
        os: &O,
        upto: usize,
        step: usize,
    ) -> Result<Opened, Errno> {
        if upto > self.len {
            return Err(Errno::ENOMEM);
        }
        let from = self.low;
        if upto > self.low && self.low < self.high {
            let needed = upto.next_multiple_of(O::PAGE_SIZE).min(self.high);
            let generous = upto.next_multiple_of(step).min(self.high);
            let to = match self.open(os, from, generous) {
                Ok(()) => generous,
                Err(_) => self.open(os, from, needed).map(|()| needed)?,
            };
            self.low = to;
        }
        Ok(Opened { from, to: self.low })
    }

    /// Opens at least `from..len`, in steps of `step` bytes (a multiple of the page size).
    ///
    /// When the system refuses a whole step, only what is needed is opened.
    pub(crate) fn open_above<O: Os>(
        &mut self,
        os: &O,
        from: usize,
        step: usize,
    ) -> Result<Opened, Errno> {
        let to = self.high;
        if from < self.high && self.low < self.high {
            let needed = (from / O::PAGE_SIZE * O::PAGE_SIZE).max(self.low);
            let generous = (from / step * step).max(self.low);
            let start = match self.open(os, generous, to) {
                Ok(()) => generous,
                Err(_) => self.open(os, needed, to).map(|()| needed)?,
            };
            self.high = start;
        }
        Ok(Opened {
            from: self.high,
            to,
        })
    }

    fn open<O: Os>(&self, os: &O, from: usize, to: usize) -> Result<(), Errno> {
        // SAFETY: `from..to` lies in the reservation, which is `len` bytes long.
        let at = unsafe { self.base.add(from) };
        // SAFETY: the range is ours, and more access never hurts anybody.
        unsafe { os.protect(at, to - from, Access::ReadWrite) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::{FailNth, Linux};

    const PAGE: usize = Linux::PAGE_SIZE;

    #[test]
    fn opens_from_both_ends_until_they_meet() {
        let os = Linux::new();
        let mut reserve = Reserve::new(&os, 16 * PAGE, Access::None).unwrap();
        assert_eq!(
            reserve.open_below(&os, 1, 4 * PAGE),
            Ok(Opened {
                from: 0,
                to: 4 * PAGE
            })
        );
        assert_eq!(
            reserve.open_above(&os, 15 * PAGE, 4 * PAGE),
            Ok(Opened {
                from: 12 * PAGE,
                to: 16 * PAGE
            })
        );
        assert_eq!(
            reserve.open_below(&os, 11 * PAGE, 16 * PAGE),
            Ok(Opened {
                from: 4 * PAGE,
                to: 12 * PAGE
            })
        );
        assert_eq!(reserve.open_bytes(), 16 * PAGE);
        // SAFETY: all 16 pages are open.
        unsafe { reserve.base().write_bytes(0xab, 16 * PAGE) };
        assert!(reserve.open_below(&os, 17 * PAGE, PAGE).is_err());
    }

    #[test]
    fn opens_only_what_is_needed_when_a_step_is_refused() {
        let os = FailNth::new(Linux::new());
        let mut reserve = Reserve::new(&os, 16 * PAGE, Access::None).unwrap();
        os.refuse(0, 1);
        assert_eq!(
            reserve.open_below(&os, 1, 8 * PAGE),
            Ok(Opened { from: 0, to: PAGE })
        );
        os.refuse(0, 2);
        assert!(reserve.open_above(&os, 15 * PAGE, 8 * PAGE).is_err());
        assert_eq!(reserve.open_bytes(), PAGE);
    }
}
