//! The least memory that live objects need, span by span.
//!
//! Meshing packs the live slots of many spans onto few, but never moves an object to another slot size, and never splits
//! a span. So a class of slots needs ⌈live slots / slots per span⌉ spans: a bound that no choice of pairs can beat. The
//! slot size is what the allocator itself reports; the span is the same for all, so that they are judged alike.

/// Slots that a span has at least.
const MIN_SLOTS: usize = 2;
/// Slots that a span has at most.
const MAX_SLOTS: usize = 256;
/// The part of a span that may be left over: one fiftieth.
const TAIL: usize = 50;
/// Larger objects have page runs of their own.
const LARGEST_IN_SPAN: usize = 32 << 10;
/// Pages of the longest span considered; every size up to the largest has one within it (see the test).
const MAX_PAGES: usize = 64;

/// The shape of the spans of one slot size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Pages of one span.
    pub(crate) pages: usize,
    /// Objects that fit.
    pub(crate) slots: usize,
}

impl Span {
    /// The smallest run of pages with at least two slots and a tail of at most 2%; for larger objects a run for each.
    pub(crate) fn of(slot_size: usize, page_size: usize) -> Self {
        let slot_size = slot_size.max(1);
        if slot_size > LARGEST_IN_SPAN {
            return Self {
                pages: slot_size.div_ceil(page_size),
                slots: 1,
            };
        }
        let shape = |pages: usize| {
            let slots = (pages * page_size / slot_size).min(MAX_SLOTS);
            let tail = pages * page_size - slots * slot_size;
            (slots >= MIN_SLOTS).then_some((Self { pages, slots }, tail))
        };
        (1..=MAX_PAGES)
            .filter_map(shape)
            .find(|(span, tail)| tail * TAIL <= span.pages * page_size)
            // Tiny slots fill no page with 256 of them: one page is the least there is.
            .map_or(
                Self {
                    pages: 1,
                    slots: (page_size / slot_size).max(1),
                },
                |(span, _)| span,
            )
    }

    /// The fewest pages that hold `live` objects.
    pub(crate) fn pages_for(self, live: u64) -> u64 {
        live.div_ceil(self.slots as u64) * self.pages as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAGE: usize = 4096;

    #[test]
    fn spans_of_known_sizes() {
        let shape = |size| {
            let Span { pages, slots } = Span::of(size, PAGE);
            (pages, slots)
        };
        assert_eq!(shape(16), (1, 256));
        assert_eq!(shape(256), (1, 16));
        assert_eq!(shape(320), (3, 38));
        assert_eq!(shape(2048), (1, 2));
        assert_eq!(shape(4096), (2, 2));
        assert_eq!(shape(8), (1, 512));
        assert_eq!(shape(100_000), (25, 1));
    }

    #[test]
    fn a_part_of_a_span_is_a_whole_one() {
        let span = Span {
            pages: 2,
            slots: 31,
        };
        assert_eq!(span.pages_for(0), 0);
        assert_eq!(span.pages_for(1), 2);
        assert_eq!(span.pages_for(31), 2);
        assert_eq!(span.pages_for(32), 4);
    }

    proptest! {
        #[test]
        fn every_span_keeps_the_rule_and_none_shorter_does(size in 16usize..=LARGEST_IN_SPAN) {
            let keeps = |pages: usize| {
                let slots = (pages * PAGE / size).min(MAX_SLOTS);
                slots >= 2 && (pages * PAGE - slots * size) * 50 <= pages * PAGE
            };
            let span = Span::of(size, PAGE);
            prop_assert!(keeps(span.pages), "{span:?}");
            prop_assert!(!(1..span.pages).any(keeps), "{span:?}");
        }

        #[test]
        fn the_bound_has_room_for_all_and_no_span_to_spare(size in 1usize..200_000, live in 1u64..1 << 20) {
            let span = Span::of(size, PAGE);
            let spans = span.pages_for(live) / span.pages as u64;
            prop_assert!(spans * span.slots as u64 >= live);
            prop_assert!((spans - 1) * (span.slots as u64) < live);
        }
    }
}
