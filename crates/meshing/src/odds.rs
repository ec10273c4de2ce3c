//! Where it is worth to look.
//!
//! A group with `a` live of `s` slots and a span with `b` live slots, each set of slots being equally
//! likely, are disjoint with the chance C(s − a, b) / C(s, b) (paper, section 5). The more slots there
//! are, the sooner this is hopeless, and looking costs as much as ever.

use bitmap::SpanBits;

use crate::index::BLOCK;
use crate::shard::{SHARD, Shard};

/// Chances below one in 2 to the power of this are not worth a look. A block of spans costs about ten
/// steps, so a page found at these odds costs 80,000 steps, several times the time of the mesh. Up to
/// 24 slots every chance is better.
const HOPELESS: u32 = 22;

/// Stands for a block that does not exist.
const NO_BLOCK: u8 = u8::MAX;

const _: () = assert!(SHARD / BLOCK <= NO_BLOCK as usize);

/// The blocks at which a group looks: all from a first one on, since the spans are sorted and the
/// sparser ones fit more easily.
pub(crate) struct Odds {
    /// For each number of live slots of a group, the first block with a fair chance.
    first_block: [u8; SpanBits::BITS],
}

impl Odds {
    /// For the blocks of this shard.
    pub(crate) fn new(slots: usize, shard: &Shard<'_>) -> Self {
        let mut first_block = [NO_BLOCK; SpanBits::BITS];
        let mut below = 0;
        for block in 0..shard.len().div_ceil(BLOCK) {
            let last = ((block + 1) * BLOCK).min(shard.len()) - 1;
            let Some((_, sparsest)) = shard.get(last) else {
                break;
            };
            let reach = fullest_partner(slots, sparsest.len()) + 1;
            if let Some(new) = first_block.get_mut(below..reach) {
                new.fill(block as u8);
                below = reach;
            }
        }
        Self { first_block }
    }

    /// The first block to look at for a group with this many live slots; beyond all blocks when none
    /// has a fair chance.
    pub(crate) fn first_block(&self, live: usize) -> usize {
        self.first_block
            .get(live)
            .copied()
            .unwrap_or(NO_BLOCK)
            .into()
    }
}

/// Whether of two spans with `live` live slots each, any set being equally likely, a search may expect to find some that
/// mesh.
#[must_use]
pub fn has_fair_chance(slots: usize, live: usize) -> bool {
    fullest_partner(slots, live) >= live
}

/// How many of `spans` spans with `live` live slots each, any set being equally likely, mesh with one more of them: the mean, rounded
/// down.
#[must_use]
pub fn expected_partners(slots: usize, live: usize, spans: usize) -> usize {
    // C(s − a, b) / C(s, b), factor by factor.
    let chance = (0..live).fold(CERTAIN, |chance, slot| {
        chance * slots.saturating_sub(live + slot) as u64 / (slots - slot).max(1) as u64
    });
    (u128::from(chance) * spans as u128 / u128::from(CERTAIN)) as usize
}

/// A chance of one.
const CERTAIN: u64 = 1 << 40;

/// The most live slots of a partner with which a span of `live` live slots has a fair chance to mesh.
pub(crate) fn fullest_partner(slots: usize, live: usize) -> usize {
    let mut chance = CERTAIN;
    for partner in 0..slots {
        // C(s − a − 1, b) / C(s − a, b) = (s − a − b) / (s − a).
        let free = slots - partner;
        chance = chance * free.saturating_sub(live) as u64 / free as u64;
        if chance < CERTAIN >> HOPELESS {
            return partner;
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C(s − a, b) / C(s, b), factor by factor.
    fn chance(slots: usize, a: usize, b: usize) -> f64 {
        (0..b)
            .map(|i| slots.saturating_sub(a + i) as f64 / (slots - i) as f64)
            .product()
    }

    #[test]
    fn the_fullest_partner_is_the_last_with_a_fair_chance() {
        let hopeless = 1.0 / f64::from(1 << HOPELESS);
        for slots in 2..=SpanBits::BITS {
            for live in 1..slots {
                let partner = fullest_partner(slots, live);
                assert!(
                    chance(slots, partner, live) > 0.999 * hopeless,
                    "{slots} {live}"
                );
                assert!(
                    chance(slots, partner + 1, live) < 1.001 * hopeless,
                    "{slots} {live}"
                );
            }
        }
    }

    #[test]
    fn many_slots_have_no_chance_when_they_are_a_third_full() {
        assert!(has_fair_chance(16, 8) && has_fair_chance(64, 20));
        assert!(!has_fair_chance(16, 9) && !has_fair_chance(256, 80));
    }

    #[test]
    fn partners_are_as_many_as_the_chance_says() {
        for slots in [2, 7, 16, 64, 256] {
            for live in 1..slots {
                let expected = 10_000.0 * chance(slots, live, live);
                let said = expected_partners(slots, live, 10_000) as f64;
                assert!(
                    said <= expected && said >= expected - 1.001,
                    "{slots} {live}"
                );
            }
        }
    }

    #[test]
    fn up_to_24_slots_nothing_is_hopeless() {
        for slots in 2..=24 {
            for live in 1..slots {
                assert_eq!(fullest_partner(slots, live), slots - live);
            }
        }
        assert!(fullest_partner(25, 12) < 13);
    }
}
