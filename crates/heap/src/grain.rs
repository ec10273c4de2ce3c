//! Pages that the system has as one.

use crate::number::{PageCount, PageIndex};
use crate::pages::Run;

/// What the system maps, protects and takes back as one: a number of pages that is a power of two, at a multiple of it.
///
/// A heap counts in pages of one size whatever the system's pages are, so that what it looks up by address is the same everywhere; where the
/// system's are larger, each is a grain of several.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grain(u32);

impl Grain {
    /// One page.
    pub const PAGE: Self = Self(0);
    /// Four pages: 16 KiB, of pages of 4 KiB.
    pub const FOUR: Self = Self(2);
    /// Sixteen pages: 64 KiB, of pages of 4 KiB.
    pub const SIXTEEN: Self = Self(4);

    /// That of a system whose pages have `bytes` bytes, where pages have `page`; `None` for systems that there are not.
    pub const fn of(bytes: usize, page: usize) -> Option<Self> {
        match bytes.checked_div(page) {
            Some(1) => Some(Self::PAGE),
            Some(4) => Some(Self::FOUR),
            Some(16) => Some(Self::SIXTEEN),
            _ => None,
        }
    }

    /// Its number of pages.
    #[inline(always)]
    pub const fn pages(self) -> usize {
        1 << self.0
    }

    /// So many pages, or as many more as make whole grains.
    #[inline(always)]
    pub const fn up(self, pages: usize) -> usize {
        pages.saturating_add(self.pages() - 1) & !(self.pages() - 1)
    }

    /// So many pages, or as many fewer as make whole grains.
    #[inline(always)]
    pub const fn down(self, pages: usize) -> usize {
        pages & !(self.pages() - 1)
    }

    /// [`up`](Self::up) of a count; the largest that there is, where that would be more.
    #[inline(always)]
    pub const fn count_up(self, pages: PageCount) -> PageCount {
        let up = self.up(pages.0 as usize);
        if up > u32::MAX as usize {
            return PageCount(self.down(u32::MAX as usize) as u32);
        }
        PageCount(up as u32)
    }

    /// Whether so many pages are whole grains.
    #[inline(always)]
    pub const fn divides(self, pages: PageCount) -> bool {
        pages.0 & (self.pages() as u32 - 1) == 0
    }

    /// Whether a run is of whole grains.
    #[inline(always)]
    pub const fn is_whole(self, run: Run) -> bool {
        self.divides(run.pages) && run.first.0 & (self.pages() - 1) == 0
    }

    /// The grains that lie inside of a run as a whole.
    #[inline]
    pub const fn inside(self, run: Run) -> Option<Run> {
        let (from, to) = (self.up(run.first.0), self.down(run.end().0));
        if from >= to {
            return None;
        }
        Some(Run {
            first: PageIndex(from),
            pages: PageCount((to - from) as u32),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIX: u32 = 6;

    #[test]
    fn a_system_has_pages_of_one_size() {
        assert_eq!(Grain::of(4096, 4096), Some(Grain::PAGE));
        assert_eq!(Grain::of(16 << 10, 4096).map(Grain::pages), Some(4));
        assert_eq!(Grain::of(64 << 10, 4096), Some(Grain::SIXTEEN));
        for (bytes, page) in [
            (2048, 4096),
            (128 << 10, 4096),
            (12 << 10, 4096),
            (0, 4096),
            (1, 0),
        ] {
            assert_eq!(Grain::of(bytes, page), None, "{bytes}");
        }
    }

    #[test]
    fn counts_are_rounded() {
        let grain = Grain::of(16, 4).unwrap();
        assert_eq!((grain.up(0), grain.up(1), grain.up(4)), (0, 4, 4));
        assert_eq!((grain.down(3), grain.down(7)), (0, 4));
        assert!(grain.divides(PageCount(8)) && !grain.divides(PageCount(SIX)));
        assert_eq!(grain.count_up(PageCount(SIX)), PageCount(8));
        assert_eq!(grain.count_up(PageCount(u32::MAX)), PageCount(u32::MAX - 3));
        assert_eq!(Grain::PAGE.up(7), 7);
    }

    #[test]
    fn a_run_has_whole_grains_inside() {
        let grain = Grain::of(16, 4).unwrap();
        let run = |first, pages| Run {
            first: PageIndex(first),
            pages: PageCount(pages),
        };
        assert_eq!(grain.inside(run(3, SIX)), Some(run(4, 4)));
        assert_eq!(grain.inside(run(5, SIX)), None);
        assert_eq!(grain.inside(run(8, 4)), Some(run(8, 4)));
        assert!(
            grain.is_whole(run(8, 4)) && !grain.is_whole(run(6, 4)) && !grain.is_whole(run(8, 2))
        );
    }
}
