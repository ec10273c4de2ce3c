//! Runs of pages.

use crate::number::{PageCount, PageIndex};

/// Neighbouring pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// The first page.
    pub first: PageIndex,
    /// How many there are.
    pub pages: PageCount,
}

impl Run {
    /// The page behind the last one.
    pub const fn end(self) -> PageIndex {
        self.first.plus(self.pages)
    }

    /// The first `pages` pages, of which the run has no fewer, and the rest.
    pub const fn split(self, pages: PageCount) -> (Self, Self) {
        let first = self.first;
        let rest = Self {
            first: first.plus(pages),
            pages: PageCount(self.pages.0 - pages.0),
        };
        (Self { first, pages }, rest)
    }

    /// Whether a page is in both.
    pub const fn overlaps(self, other: Self) -> bool {
        self.first.0 < other.end().0 && other.first.0 < self.end().0
    }
}
