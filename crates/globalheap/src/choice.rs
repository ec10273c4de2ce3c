//! Which of a span's free slots a refill claims, and in what order they are handed out.

use core::ops::RangeInclusive;

use bitmap::SlotSet;
use rand_pcg::Pcg32;
use shufflevector::below;

use crate::placement::Placement;

/// Slots to claim.
pub(crate) struct Choice {
    pub(crate) slots: SlotSet,
    /// The one that comes first, unless they are shuffled.
    pub(crate) first: usize,
    pub(crate) shuffled: bool,
}

/// All of `free` if they are no more than `wanted` ends with, else as many as it starts with. The span has `slots` slots.
///
/// Neither rotation nor permutation prefers a slot: what is chosen of a span whose slots are all moved on by some, those at the end
/// to the start, is what is chosen of the span, moved on as well.
pub(crate) fn choose(
    free: &SlotSet,
    wanted: RangeInclusive<usize>,
    slots: usize,
    placement: Placement,
    rng: &mut Pcg32,
) -> Choice {
    let all = free.len() <= *wanted.end();
    let wanted = if all { free.len() } else { *wanted.start() };
    match placement {
        Placement::Rotated => run(free, below(rng, free.len() as u32) as usize, wanted),
        Placement::Ascending => run(free, 0, wanted),
        Placement::Permuted => Choice {
            slots: match all {
                true => *free,
                false => subset(free, wanted, slots, rng),
            },
            first: 0,
            shuffled: true,
        },
    }
}

/// `wanted` of `free`: the one that has `skipped` below it, and those that follow it. The lowest follows the highest.
#[inline(always)]
fn run(free: &SlotSet, skipped: usize, wanted: usize) -> Choice {
    let first = free.bits().nth(skipped).unwrap_or(0);
    let all = wanted == free.len();
    Choice {
        slots: if all {
            *free
        } else {
            between(free, skipped, wanted)
        },
        first,
        shuffled: false,
    }
}

/// The slots of [`run`], where they are not all.
#[inline(never)]
fn between(free: &SlotSet, skipped: usize, wanted: usize) -> SlotSet {
    let below = |members: usize| {
        let end = free.bits().nth(members);
        end.map_or(*free.bits(), |end| free.bits().split_at(end).0)
    };
    let end = skipped + wanted;
    let before = below(skipped);
    let bits = match end.checked_sub(free.len()) {
        None => below(end).without(&before),
        Some(round) => free.bits().without(&before).union(&below(round)),
    };
    SlotSet::known(bits, wanted)
}

/// `wanted` of `free`, which has as many, every such subset being equally likely. The span has `slots` slots.
#[inline(never)]
fn subset(free: &SlotSet, wanted: usize, slots: usize, rng: &mut Pcg32) -> SlotSet {
    // Few of a set that most random slots belong to: a few draws find them.
    if wanted * 4 <= free.len() && slots <= free.len() * 4 {
        draw(free, wanted, slots, rng)
    } else {
        select(free, wanted, rng)
    }
}

/// `wanted` of `free`, by drawing random slots until so many are found.
fn draw(free: &SlotSet, wanted: usize, slots: usize, rng: &mut Pcg32) -> SlotSet {
    let mut chosen = SlotSet::EMPTY;
    while chosen.len() < wanted {
        let slot = below(rng, slots as u32) as usize;
        if free.bits().contains(slot) {
            chosen.insert(slot);
        }
    }
    chosen
}

/// `wanted` of `free`, by selection sampling: each slot is taken with the chance that is still needed among those left.
fn select(free: &SlotSet, wanted: usize, rng: &mut Pcg32) -> SlotSet {
    let (mut chosen, mut needed) = (SlotSet::EMPTY, wanted);
    let mut left = free.len();
    for slot in free.bits().iter() {
        if (below(rng, left as u32) as usize) < needed {
            chosen.insert(slot);
            needed -= 1;
        }
        left -= 1;
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitmap::SpanBits;

    /// Whether a choice of a subset, whichever way it goes, prefers no subset of two.
    fn is_fair(free: SlotSet, choose: impl Fn(&SlotSet, &mut Pcg32) -> SlotSet) {
        let mut rng = Pcg32::new(42, 54);
        let (size, wanted, trials) = (free.len(), 2, 30_000);
        let mut seen = std::collections::BTreeMap::<Vec<usize>, usize>::new();
        for _ in 0..trials {
            let chosen = choose(&free, &mut rng);
            let chosen = *chosen.bits();
            assert!(chosen.is_subset(free.bits()) && chosen.len() == wanted);
            *seen.entry(chosen.iter().collect()).or_default() += 1;
        }
        let subsets = size * (size - 1) / 2;
        assert_eq!(seen.len(), subsets);
        let expected = trials as f64 / subsets as f64;
        let chi: f64 = seen
            .values()
            .map(|&n| (n as f64 - expected).powi(2) / expected)
            .sum();
        // 14 degrees of freedom: a fair choice exceeds 42.6 once in 10,000 seeds.
        assert!(chi < 42.6, "chi-square {chi}");
    }

    #[test]
    fn every_subset_is_equally_likely() {
        let free = SlotSet::from(SpanBits::from_words([0b1011_0110, 0, 1, 0]));
        is_fair(free, |free, rng| select(free, 2, rng));
        let free = SlotSet::from(SpanBits::from_words([0b1011_0111, 0, 0, 0]));
        is_fair(free, |free, rng| draw(free, 2, 8, rng));
    }

    /// The members of a choice, in the order in which they are handed out.
    fn in_order(chosen: &Choice) -> Vec<usize> {
        let (below, from) = chosen.slots.bits().split_at(chosen.first);
        from.iter().chain(below.iter()).collect()
    }

    #[test]
    fn a_run_goes_round() {
        let free = SlotSet::from(SpanBits::from_words([0b1011_0110, 0, 1, 0]));
        let members: Vec<_> = free.bits().iter().collect();
        for skipped in 0..members.len() {
            for wanted in 1..=members.len() {
                let expected: Vec<_> = members.iter().cycle().skip(skipped).take(wanted).collect();
                let chosen = run(&free, skipped, wanted);
                assert_eq!(chosen.slots.len(), wanted);
                assert_eq!(in_order(&chosen).iter().collect::<Vec<_>>(), expected);
            }
        }
    }

    #[test]
    fn the_lowest_are_the_first_in_order() {
        let free = SlotSet::from(SpanBits::from_words([0b1011_0110, 0, 1, 0]));
        let mut rng = Pcg32::new(42, 54);
        let mut lowest = |wanted| choose(&free, wanted, 256, Placement::Ascending, &mut rng);
        assert_eq!(in_order(&lowest(3..=3)), [1, 2, 4]);
        assert_eq!(lowest(3..=6).slots.bits(), free.bits());
    }

    #[test]
    fn every_run_is_equally_likely() {
        let free = SlotSet::from(SpanBits::from_words([0b1011_0110, 0, 1, 0]));
        let (mut rng, trials) = (Pcg32::new(42, 54), 30_000);
        let mut seen = std::collections::BTreeMap::<Vec<usize>, usize>::new();
        for _ in 0..trials {
            let chosen = choose(&free, 2..=3, 256, Placement::Rotated, &mut rng);
            *seen.entry(in_order(&chosen)).or_default() += 1;
        }
        assert_eq!(seen.len(), free.len());
        let expected = trials as f64 / free.len() as f64;
        let chi: f64 = seen
            .values()
            .map(|&n| (n as f64 - expected).powi(2) / expected)
            .sum();
        // 5 degrees of freedom: a fair choice exceeds 25.8 once in 10,000 seeds.
        assert!(chi < 25.8, "chi-square {chi}");
    }
}
