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

/// Mistakes that were found under a lock, to be told without it.
pub(crate) struct Findings {
    found: [(Misuse, usize); Self::MOST],
    count: usize,
}

impl Findings {
    /// What is found beyond that is not told.
    const MOST: usize = 8;

    pub(crate) const fn none() -> Self {
        Self {
            found: [(Misuse::NotAnObject, 0); Self::MOST],
            count: 0,
        }
    }

    #[cold]
    pub(crate) fn add(&mut self, what: Misuse, address: usize) {
        if let Some(place) = self.found.get_mut(self.count) {
            *place = (what, address);
            self.count += 1;
        }
    }

    /// Tells all of them.
    #[inline]
    pub(crate) fn tell(&self, tell: impl Fn(Misuse, usize)) {
        for &(what, address) in self.found.iter().take(self.count) {
            tell(what, address);
        }
    }
}
