//! A range of pages in one word.

use heap::{PageCount, PageIndex, Run};

/// A range of pages, or none, in one word: the first page in the upper half, their number in the lower.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pages(pub(crate) u64);

impl Pages {
    /// No page.
    pub const NONE: Self = Self(0);

    /// Every page there is.
    pub const ALL: Self = Self(u32::MAX as u64);

    /// The pages of `run`.
    #[inline]
    pub const fn of(run: Run) -> Self {
        Self((run.first.0 as u64) << 32 | run.pages.0 as u64)
    }

    /// Whether there is no page in it.
    #[inline]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The pages as a run.
    pub const fn run(self) -> Run {
        Run {
            first: PageIndex((self.0 >> 32) as u32),
            pages: PageCount(self.0 as u32),
        }
    }

    const fn start(self) -> u64 {
        self.0 >> 32
    }

    const fn end(self) -> u64 {
        self.start() + (self.0 & u32::MAX as u64)
    }

    /// Whether a page of `other` is one of these.
    #[inline]
    pub const fn meets(self, other: Self) -> bool {
        self.start() < other.end() && other.start() < self.end()
    }

    /// The smallest range that has both in it.
    pub fn hull(self, other: Self) -> Self {
        if self.is_none() {
            return other;
        }
        if other.is_none() {
            return self;
        }
        let start = self.start().min(other.start());
        let pages = (self.end().max(other.end()) - start).min(u64::from(u32::MAX));
        Self(start << 32 | pages)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn pages(first: u32, count: u32) -> Pages {
        Pages::of(Run {
            first: PageIndex(first),
            pages: PageCount(count),
        })
    }

    #[test]
    fn ranges_meet_as_sets_do() {
        for (a, n) in [(0, 1), (3, 2), (5, 4), (u32::MAX - 2, 2)] {
            for (b, m) in [
                (0, 1),
                (2, 1),
                (2, 2),
                (4, 1),
                (6, 1),
                (8, 3),
                (u32::MAX - 1, 1),
            ] {
                let shared = (a..a + n).any(|page| (b..b + m).contains(&page));
                assert_eq!(pages(a, n).meets(pages(b, m)), shared, "{a}+{n} {b}+{m}");
            }
            assert!(pages(a, n).meets(Pages::ALL) && !pages(a, n).meets(Pages::NONE));
        }
    }

    #[test]
    fn a_hull_has_both_in_it_and_no_more() {
        let hull = pages(3, 2).hull(pages(9, 1));
        assert_eq!(hull, pages(3, 7));
        assert_eq!(hull.run().end(), PageIndex(10));
        assert_eq!(pages(9, 1).hull(pages(3, 2)), hull);
        assert_eq!(Pages::NONE.hull(hull), hull);
        assert_eq!(hull.hull(Pages::NONE), hull);
        assert_eq!(Pages::ALL.hull(pages(u32::MAX - 1, 1)), Pages::ALL);
    }
}
