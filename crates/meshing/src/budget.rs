//! A bound on the work of a search.

/// Steps that a search may still take.
///
/// One step is one candidate put in order, one comparison of two bitmaps, or one column of the
/// index read: a few nanoseconds each. Searches of several size classes may share one budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    left: u64,
}

impl Budget {
    /// No bound that a search could reach.
    pub const UNBOUNDED: Self = Self::steps(u64::MAX);

    /// Room for this many steps.
    #[must_use]
    pub const fn steps(steps: u64) -> Self {
        Self { left: steps }
    }

    /// Steps not taken yet.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Takes `steps`, or nothing and answers `false` when fewer are left.
    #[inline]
    pub(crate) const fn take(&mut self, steps: usize) -> bool {
        match self.left.checked_sub(steps as u64) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// Gives back steps that were taken in advance and not needed.
    #[inline]
    pub(crate) const fn put_back(&mut self, steps: usize) {
        self.left = self.left.saturating_add(steps as u64);
    }
}
