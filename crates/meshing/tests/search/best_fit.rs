//! The index against the definition of best fit.

use bitmap::SpanBits;
use meshing::{Budget, Candidate, ComplementMesher};
use proptest::prelude::*;
use rand_pcg::Pcg32;

use crate::draw::{self, Occupancy};
use crate::oracle::{carry_out, homes, limited, scratch, search};

/// Groups by the definition: again and again, the fullest span that is left takes in the fullest
/// that fits, the first of equally full ones. Returns for each span the first member of its group.
fn best_fit(spans: &[Candidate]) -> Vec<usize> {
    let mut order: Vec<_> = (0..spans.len()).collect();
    order.sort_by_key(|&span| std::cmp::Reverse(spans[span].live.len()));
    let mut homes: Vec<_> = (0..spans.len()).collect();
    while let Some(&first) = order.first() {
        let mut live = SpanBits::EMPTY;
        order.retain(|&span| {
            let fits = live.is_disjoint(&spans[span].live);
            if fits {
                live = live.union(&spans[span].live);
                homes[span] = first;
            }
            !fits
        });
    }
    homes
}

/// The same groups, whichever member stands for each.
fn assert_same_groups(a: &[usize], b: &[usize]) {
    for (one, other) in [(a, b), (b, a)] {
        let mut other_of = std::collections::BTreeMap::new();
        for (one, other) in one.iter().zip(other) {
            assert_eq!(other_of.entry(one).or_insert(other), &other);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Several blocks of the index, and few enough slots that no chance is too small to look at.
    #[test]
    fn the_index_finds_the_best_fit(
        count in 0..1_200usize,
        slots in 2..=24usize,
        low in 0.0..0.7,
        seed: u64,
    ) {
        let occupancy = Occupancy::Spread(low, low + 0.3);
        let spans = draw::spans(count, slots, &occupancy, &mut Pcg32::new(seed, 1));
        let merges = search(&mut ComplementMesher, &spans, slots);
        assert_same_groups(&homes(&spans, &merges), &best_fit(&spans));
        let released = carry_out(&spans, &merges).iter().filter(|pages| pages.is_none()).count();
        prop_assert_eq!(released, merges.len());

        let mut memory = scratch::<ComplementMesher>(&spans, slots);
        memory.pop();
        let mut budget = Budget::UNBOUNDED;
        prop_assert_eq!(limited(&mut ComplementMesher, &spans, slots, &mut memory, &mut budget, 1), []);
    }
}
