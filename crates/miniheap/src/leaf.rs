//! Which of a few records are in use.

/// Records of a leaf: each has a bit of a word.
pub(crate) const LEAF: usize = u64::BITS as usize;

/// Which records of a page are in use, and what is known of its content. Zeros are a value: nobody has used the page.
#[derive(Clone, Copy)]
pub(crate) struct Leaf {
    used: u64,
    content: Content,
}

/// What is in the page.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Content {
    /// Nothing.
    Zeros = 0,
    /// What was written there.
    Written,
    /// The same, and nobody used it when that was looked at.
    SeenIdle,
}

impl Leaf {
    /// Nobody has used the page.
    pub(crate) const NEW: Self = Self {
        used: 0,
        content: Content::Zeros,
    };

    /// The first `records` do not exist.
    pub(crate) const fn without(records: u32) -> Self {
        Self {
            used: (1 << records) - 1,
            content: Content::Zeros,
        }
    }

    /// Records in use.
    pub(crate) fn used(&self) -> usize {
        self.used.count_ones() as usize
    }

    pub(crate) fn is_full(&self) -> bool {
        self.used == u64::MAX
    }

    /// Whether nobody uses it although it has content.
    pub(crate) fn is_idle(&self) -> bool {
        self.used == 0 && self.content != Content::Zeros
    }

    /// Whether nobody used it when that was [looked at](Self::see), nor has since.
    pub(crate) fn was_seen_idle(&self) -> bool {
        self.content == Content::SeenIdle
    }

    /// Notes whether anybody uses it.
    pub(crate) fn see(&mut self) {
        if self.is_idle() {
            self.content = Content::SeenIdle;
        }
    }

    /// Takes the first record that nobody uses.
    pub(crate) fn take(&mut self) -> Option<usize> {
        let record = self.used.trailing_ones();
        self.used |= 1_u64.checked_shl(record)?;
        self.content = Content::Written;
        Some(record as usize)
    }

    /// Gives back a record that is in use.
    pub(crate) fn give_back(&mut self, record: usize) {
        debug_assert!(self.used & 1 << record != 0);
        self.used &= !(1 << record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_nobody_uses_is_taken() {
        let mut leaf = Leaf::without(2);
        assert_eq!((leaf.take(), leaf.take()), (Some(2), Some(3)));
        leaf.give_back(2);
        assert_eq!(leaf.take(), Some(2));
        while leaf.take().is_some() {}
        assert!(leaf.is_full());
    }

    #[test]
    fn it_is_idle_from_the_last_use_to_the_next() {
        let mut leaf = Leaf::NEW;
        leaf.see();
        assert!(!leaf.is_idle() && !leaf.was_seen_idle());
        let record = leaf.take().unwrap();
        leaf.see();
        assert!(!leaf.is_idle() && !leaf.was_seen_idle());
        leaf.give_back(record);
        assert!(leaf.is_idle() && !leaf.was_seen_idle());
        leaf.see();
        assert!(leaf.was_seen_idle());
        leaf.take().unwrap();
        assert!(!leaf.is_idle() && !leaf.was_seen_idle());
    }
}
