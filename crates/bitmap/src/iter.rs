//! The members of a set, in ascending order.

use core::iter::FusedIterator;

use crate::Bitmap;

/// Ascending indices of the members of a [`Bitmap`].
///
/// Works on a copy, so the set may change meanwhile. One step per member, by trailing zeros.
#[derive(Clone)]
pub struct Iter<const WORDS: usize> {
    rest: Bitmap<WORDS>,
    word: usize,
}

impl<const WORDS: usize> Bitmap<WORDS> {
    /// The members in ascending order.
    #[inline]
    pub const fn iter(&self) -> Iter<WORDS> {
        Iter {
            rest: *self,
            word: 0,
        }
    }
}

impl<const WORDS: usize> Iterator for Iter<WORDS> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        loop {
            let bits = *self.rest.words().get(self.word)?;
            if bits != 0 {
                let index = self.word * 64 + bits.trailing_zeros() as usize;
                self.rest.remove(index);
                return Some(index);
            }
            self.word += 1;
        }
    }

    #[inline]
    fn fold<A, F: FnMut(A, usize) -> A>(self, start: A, mut step: F) -> A {
        let mut folded = start;
        for (word, &bits) in self.rest.words().iter().enumerate() {
            let mut rest = bits;
            while rest != 0 {
                folded = step(folded, word * 64 + rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        }
        folded
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.rest.len();
        (len, Some(len))
    }
}

impl<const WORDS: usize> ExactSizeIterator for Iter<WORDS> {}
impl<const WORDS: usize> FusedIterator for Iter<WORDS> {}

impl<const WORDS: usize> IntoIterator for &Bitmap<WORDS> {
    type Item = usize;
    type IntoIter = Iter<WORDS>;

    fn into_iter(self) -> Iter<WORDS> {
        self.iter()
    }
}
