//! Where it is worth to look.

use bitmap::SpanBits;

use crate::index::BLOCK;

/// The chance to fit below which a span is not looked at, as a power of two: a block of 256 spans
/// costs about ten steps, so below this a page costs more than 2¹⁷ steps, near a millisecond. Up to
/// 24 slots every chance is higher.
const HOPELESS_BITS: u32 = 22;

/// The blocks a group looks at.
///
/// A group with `a` live of `s` slots and a span with `b` live slots, each set of slots being
/// equally likely, are disjoint with the chance C(s − a, b) / C(s, b) (paper, section 5). In blocks
/// of spans sorted by fullness it grows from block to block.
pub(crate) struct Odds {
    /// For each number of live slots of a group, the first block with a fair chance.
    first_block: [usize; SpanBits::BITS],
}

impl Odds {
    /// For blocks of spans with these numbers of live slots, given in descending order.
    pub(crate) fn new(slots: usize, live: impl Iterator<Item = usize>) -> Self {
        let mut first_block = [usize::MAX; SpanBits::BITS];
        let mut below = 0;
        for (block, live) in sparsest_of_blocks(live).enumerate() {
            let reach = fullest_fitting(slots, live) + 1;
            if let Some(new) = first_block.get_mut(below..reach) {
                new.fill(block);
                below = reach;
            }
        }
        Self { first_block }
    }

    /// The first block to look at for a group with this many live slots; none when there is no such
    /// block.
    pub(crate) fn first_block(&self, live: usize) -> usize {
        self.first_block.get(live).copied().unwrap_or(usize::MAX)
    }
}

/// The number of live slots of the last span of each block.
fn sparsest_of_blocks(live: impl Iterator<Item = usize>) -> impl Iterator<Item = usize> {
    let mut live = live;
    core::iter::from_fn(move || live.by_ref().take(BLOCK).last())
}

/// The largest number of live slots of a group that a span with `live` live slots has a fair chance
/// to fit.
fn fullest_fitting(slots: usize, live: usize) -> usize {
    const CERTAIN: u64 = 1 << 40;
    const HOPELESS: u64 = CERTAIN >> HOPELESS_BITS;
    let mut chance = CERTAIN;
    for group in 0..slots {
        // C(s − a − 1, b) / C(s − a, b) = (s − a − b) / (s − a).
        let free = slots - group;
        chance = chance * free.saturating_sub(live) as u64 / free as u64;
        if chance < HOPELESS {
            return group;
        }
    }
    slots
}
