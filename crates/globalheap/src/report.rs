//! What is said about a program that misuses the heap.

/// A mistake of the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misuse {
    /// The object was not in use.
    DoubleFree,
    /// No object starts at the address.
    NotAnObject,
}

/// Where misuse is reported. It must not allocate.
pub trait Report {
    /// The program passed `address` to `free` or a function like it.
    fn misuse(what: Misuse, address: usize);
}

/// Says nothing.
pub struct Ignore;

impl Report for Ignore {
    fn misuse(_what: Misuse, _address: usize) {}
}

/// Mistakes that were found under a lock, to be told without it. Small: it lies on stacks of a few kilobytes.
pub(crate) struct Findings {
    addresses: [usize; Self::MOST],
    /// Which of them are double frees.
    doubles: u8,
    count: u8,
}

impl Findings {
    /// What is found beyond that is not told.
    const MOST: usize = u8::BITS as usize;

    pub(crate) const fn none() -> Self {
        Self {
            addresses: [0; Self::MOST],
            doubles: 0,
            count: 0,
        }
    }

    #[cold]
    pub(crate) fn add(&mut self, what: Misuse, address: usize) {
        if let Some(place) = self.addresses.get_mut(usize::from(self.count)) {
            *place = address;
            self.doubles |= u8::from(what == Misuse::DoubleFree) << self.count;
            self.count += 1;
        }
    }

    /// Tells all of them.
    #[inline]
    pub(crate) fn tell(&self, tell: impl Fn(Misuse, usize)) {
        let found = self.addresses.iter().take(self.count.into()).enumerate();
        for (index, &address) in found {
            let what = if self.doubles >> index & 1 != 0 {
                Misuse::DoubleFree
            } else {
                Misuse::NotAnObject
            };
            tell(what, address);
        }
    }
}
