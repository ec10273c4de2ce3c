//! A set that knows its size.

use crate::Bitmap;

/// A set with the number of its members: to count bits costs more than any other operation on a set where the processor
/// has no instruction for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CountedBitmap<const WORDS: usize> {
    bits: Bitmap<WORDS>,
    len: usize,
}

/// Some slots of one span, counted.
pub type SlotSet = CountedBitmap<4>;

impl<const WORDS: usize> CountedBitmap<WORDS> {
    /// The set without members.
    pub const EMPTY: Self = Self {
        bits: Bitmap::EMPTY,
        len: 0,
    };

    /// A set whose members someone has counted: `len` is [`Bitmap::len`] of `bits`.
    #[inline]
    #[must_use]
    pub fn known(bits: Bitmap<WORDS>, len: usize) -> Self {
        debug_assert_eq!(bits.len(), len);
        Self { bits, len }
    }

    /// Makes `i` a member. True when it was not one before and is one now.
    #[inline]
    pub fn insert(&mut self, i: usize) -> bool {
        let is_new = self.bits.insert(i);
        self.len += usize::from(is_new);
        is_new
    }

    /// The members that `other` has too.
    #[inline]
    #[must_use]
    pub fn intersection(&self, other: &Bitmap<WORDS>) -> Self {
        let bits = self.bits.intersection(other);
        if bits == self.bits {
            *self
        } else {
            bits.into()
        }
    }

    /// The set.
    #[inline]
    #[must_use]
    pub const fn bits(&self) -> &Bitmap<WORDS> {
        &self.bits
    }

    /// How many members there are.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no members.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<const WORDS: usize> From<Bitmap<WORDS>> for CountedBitmap<WORDS> {
    /// Counts.
    #[inline]
    fn from(bits: Bitmap<WORDS>) -> Self {
        Self {
            bits,
            len: bits.len(),
        }
    }
}
