//! A range of pages in one word.

use heap::{PageCount, PageIndex, Run};

/// Bits of the number of pages.
const COUNT_BITS: u32 = 24;

/// So many pages are all that follow.
const ENDLESS: u64 = (1 << COUNT_BITS) - 1;

/// A range of pages, or none, in one word: the first page, and in the lowest `COUNT_BITS` their number. A range that is too
/// long for that has no end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pages(pub(crate) u64);

impl Pages {
    /// No page.
    pub const NONE: Self = Self(0);

    /// Every page there is.
    pub const ALL: Self = Self(ENDLESS);

    const fn new(start: u64, count: u64) -> Self {
        let count = if count < ENDLESS { count } else { ENDLESS };
        Self(start << COUNT_BITS | count)
    }

    /// The pages of `run`.
    #[inline]
    pub const fn of(run: Run) -> Self {
        Self::new(run.first.0 as u64, run.pages.0 as u64)
    }

    /// Whether there is no page in it.
    #[inline]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The pages as a run, as far as a run can be.
    pub const fn run(self) -> Run {
        let count = self.0 & ENDLESS;
        Run {
            first: PageIndex(self.start() as usize),
            pages: PageCount(if count < ENDLESS {
                count as u32
            } else {
                u32::MAX
            }),
        }
    }

    const fn start(self) -> u64 {
        self.0 >> COUNT_BITS
    }

    const fn end(self) -> u64 {
        match self.0 & ENDLESS {
            ENDLESS => u64::MAX,
            count => self.start() + count,
        }
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
        Self::new(start, self.end().max(other.end()) - start)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Far up in an address space.
    const FAR: usize = 1 << 36;

    fn pages(first: usize, count: u32) -> Pages {
        Pages::of(Run {
            first: PageIndex(first),
            pages: PageCount(count),
        })
    }

    #[test]
    fn ranges_meet_as_sets_do() {
        for (a, n) in [(0, 1), (3, 2), (5, 4), (FAR - 2, 2)] {
            for (b, m) in [(0, 1), (2, 1), (2, 2), (4, 1), (6, 1), (8, 3), (FAR - 1, 1)] {
                let shared = (a..a + n as usize).any(|page| (b..b + m as usize).contains(&page));
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
        assert_eq!(Pages::ALL.hull(pages(FAR, 1)), Pages::ALL);
    }

    #[test]
    fn what_is_too_long_has_no_end() {
        let long = pages(3, 1).hull(pages(FAR, 1));
        assert!(long.meets(pages(3, 1)) && long.meets(pages(FAR + 9, 1)));
        assert!(!long.meets(pages(2, 1)));
        assert_eq!(Pages::of(long.run()), long);
    }
}
