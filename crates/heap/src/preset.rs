//! Numbers that are something else than zero from the start.

use core::sync::atomic::{AtomicUsize, Ordering};

/// A number that is `FIRST` until another one is stored. Its bytes are zero then: a static of zeros takes no room in a library's file, and
/// of a page of them that nobody writes to there is no copy. Its orderings are relaxed.
pub struct Preset<const FIRST: usize>(AtomicUsize);

impl<const FIRST: usize> Preset<FIRST> {
    /// The first number.
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// The number of now.
    #[inline(always)]
    pub fn load(&self) -> usize {
        self.0.load(Ordering::Relaxed) ^ FIRST
    }

    /// Another number.
    pub fn store(&self, number: usize) {
        self.0.store(number ^ FIRST, Ordering::Relaxed);
    }

    /// `number`, if that is less.
    pub fn lower(&self, number: usize) {
        let less = |known: usize| (number < known ^ FIRST).then_some(number ^ FIRST);
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

impl<const FIRST: usize> Default for Preset<FIRST> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_first_number_until_another_one_is_stored() {
        let number = Preset::<100>::new();
        assert_eq!(number.load(), 100);
        number.lower(200);
        assert_eq!(number.load(), 100);
        number.lower(7);
        assert_eq!(number.load(), 7);
        for stored in [0, 100, usize::MAX] {
            number.store(stored);
            assert_eq!(number.load(), stored);
        }
        assert_eq!(Preset::<{ usize::MAX }>::new().load(), usize::MAX);
    }
}
