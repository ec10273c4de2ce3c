//! The stretches of addresses that one side of an arena has mapped, from the middle outwards.

use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};

use heap::PageIndex;

/// Stretches at most: what is in the way of an arena parts two of them.
const MOST: usize = 16;

/// Stretches of pages. They are changed under the lock of the arena's state, and read without it.
pub(crate) struct Segments {
    all: [Segment; MOST],
}

/// Pages from `first` up to `end`; none at first.
struct Segment {
    first: AtomicUsize,
    end: AtomicUsize,
}

impl Segments {
    pub(crate) const fn new() -> Self {
        Self {
            all: [const {
                Segment {
                    first: AtomicUsize::new(0),
                    end: AtomicUsize::new(0),
                }
            }; MOST],
        }
    }

    /// Whether pages can be [added](Self::add): they lie beside the last stretch, or there is room for one more.
    pub(crate) fn can_add(&self, pages: &Range<usize>) -> bool {
        let beside = |last: Range<usize>| last.end == pages.start || pages.end == last.start;
        self.iter().count() < MOST || self.iter().last().is_some_and(beside)
    }

    /// The stretches, the first one first. Of one that grows meanwhile the old or the new end is seen.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        // Acquire: pairs with `add`.
        let range = |segment: &Segment| {
            let end = segment.end.load(Ordering::Acquire);
            segment.first.load(Ordering::Acquire)..end
        };
        self.all
            .iter()
            .map(range)
            .take_while(|range| !range.is_empty())
    }

    /// Adds pages, which lie beside the last stretch, or become a new one. The caller has the lock of the state, and they
    /// [can be](Self::can_add).
    pub(crate) fn add(&self, pages: Range<usize>) {
        let count = self.iter().count();
        let last = count.checked_sub(1).and_then(|last| self.all.get(last));
        // Release: pairs with `iter`.
        match last {
            Some(last) if last.end.load(Ordering::Relaxed) == pages.start => {
                last.end.store(pages.end, Ordering::Release);
            }
            Some(last) if last.first.load(Ordering::Relaxed) == pages.end => {
                last.first.store(pages.start, Ordering::Release);
            }
            _ => {
                if let Some(next) = self.all.get(count) {
                    next.first.store(pages.start, Ordering::Release);
                    next.end.store(pages.end, Ordering::Release);
                }
            }
        }
    }

    /// Whether `page` lies in one of them.
    pub(crate) fn has(&self, page: PageIndex) -> bool {
        self.iter().any(|range| range.contains(&page.0))
    }

    /// Pages in all of them.
    pub(crate) fn pages(&self) -> usize {
        self.iter().map(|range| range.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beside_the_last_stretch_is_one_with_it() {
        let segments = Segments::new();
        for pages in [100..110, 90..100, 110..120, 50..60, 40..50] {
            segments.add(pages);
        }
        assert!(segments.iter().eq([90..120, 40..60]));
        assert!(segments.has(PageIndex(40)) && !segments.has(PageIndex(60)));
        assert_eq!(segments.pages(), 50);
        for at in 2..MOST {
            assert!(segments.can_add(&(0..1)));
            segments.add(1000 * at..1000 * at + 1);
        }
        assert!(!segments.can_add(&(0..1)));
        let last = 1000 * (MOST - 1);
        assert!(segments.can_add(&(last + 1..last + 9)) && segments.can_add(&(last - 9..last)));
    }
}
