//! The set itself: single members and whole-set algebra.

use core::array::from_fn;

use static_assertions::const_assert_eq;

/// A subset of `0..64 * WORDS`. Index `i` is bit `i % 64` of word `i / 64`.
///
/// An index outside that range is never a member: asking for it answers `false`, and inserting or
/// removing it does nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Bitmap<const WORDS: usize>([u64; WORDS]);

/// The slots of one span: at most 256.
pub type SpanBits = Bitmap<4>;

const_assert_eq!(size_of::<SpanBits>(), 32);
const_assert_eq!(SpanBits::BITS, 256);

impl<const WORDS: usize> Bitmap<WORDS> {
    /// The set without members.
    pub const EMPTY: Self = Self([0; WORDS]);

    /// How many indices there are: every member is below this.
    pub const BITS: usize = WORDS * 64;

    /// The set `0..n`, or all indices when `n` is larger than [`BITS`](Self::BITS).
    #[must_use]
    pub const fn first(n: usize) -> Self {
        let mut words = [0; WORDS];
        let mut word = 0;
        while word < WORDS {
            let below = n.saturating_sub(word * 64);
            words[word] = if below >= 64 {
                u64::MAX
            } else {
                (1 << below) - 1
            };
            word += 1;
        }
        Self(words)
    }

    /// The set with these words.
    #[must_use]
    pub const fn from_words(words: [u64; WORDS]) -> Self {
        Self(words)
    }

    /// The words of the set, lowest indices first.
    #[must_use]
    pub const fn words(&self) -> &[u64; WORDS] {
        &self.0
    }

    /// Whether `i` is a member.
    #[inline]
    #[must_use]
    pub fn contains(&self, i: usize) -> bool {
        self.0.get(i / 64).is_some_and(|word| word & bit(i) != 0)
    }

    /// Makes `i` a member. True when it was not one before and is one now.
    #[inline]
    pub fn insert(&mut self, i: usize) -> bool {
        let Some(word) = self.0.get_mut(i / 64) else {
            return false;
        };
        let was_absent = *word & bit(i) == 0;
        *word |= bit(i);
        was_absent
    }

    /// Takes `i` out. True when it was a member.
    #[inline]
    pub fn remove(&mut self, i: usize) -> bool {
        let Some(word) = self.0.get_mut(i / 64) else {
            return false;
        };
        let was_present = *word & bit(i) != 0;
        *word &= !bit(i);
        was_present
    }

    /// How many members there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there are no members.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        // Folding instead of stopping early: a few words cost less than a branch on each.
        self.0.iter().fold(0, |any, word| any | word) == 0
    }

    /// The member that has `n` members below it.
    #[inline]
    #[must_use]
    pub fn nth(&self, mut n: usize) -> Option<usize> {
        for (word, &bits) in self.0.iter().enumerate() {
            let here = bits.count_ones() as usize;
            if n < here {
                return Some(word * 64 + nth_bit(bits, n));
            }
            n -= here;
        }
        None
    }

    /// The members below `i`, and the others.
    #[inline]
    #[must_use]
    pub fn split_at(&self, i: usize) -> (Self, Self) {
        let below = self.intersection(&Self::first(i));
        (below, self.without(&below))
    }

    /// Whether no index is a member of both: two spans with such live slots mesh.
    #[inline]
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.intersection(other).is_empty()
    }

    /// Whether every member is a member of `other` too.
    #[inline]
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.without(other).is_empty()
    }

    /// The members of either.
    #[inline]
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(from_fn(|word| self.0[word] | other.0[word]))
    }

    /// The members of both.
    #[inline]
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(from_fn(|word| self.0[word] & other.0[word]))
    }

    /// The members that are not members of `other`.
    #[inline]
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(from_fn(|word| self.0[word] & !other.0[word]))
    }
}

impl<const WORDS: usize> Default for Bitmap<WORDS> {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// The bit of index `i` inside its word.
const fn bit(i: usize) -> u64 {
    1 << (i % 64)
}

/// The place of the bit that has `n` set bits below it; there are more than `n`.
fn nth_bit(mut bits: u64, n: usize) -> usize {
    for _ in 0..n {
        bits &= bits.wrapping_sub(1);
    }
    bits.trailing_zeros() as usize
}
