//! The searches against the best there is, on cases small enough to try every partition.

use bitmap::SpanBits;
use meshing::{Candidate, ComplementMesher, SplitMesher};
use proptest::prelude::*;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

use crate::contract::any_spans;
use crate::draw::{self, Occupancy};
use crate::oracle::search;

/// The most pages that any partition into disjoint groups releases: for every set of spans the
/// fewest groups, over all groups that its lowest member can be in.
fn optimum(spans: &[Candidate]) -> usize {
    let union_of = |set: usize| -> Option<SpanBits> {
        let members = (0..spans.len()).filter(|&span| set >> span & 1 == 1);
        members
            .map(|span| spans[span].live)
            .try_fold(SpanBits::EMPTY, |union, live| {
                union.is_disjoint(&live).then(|| union.union(&live))
            })
    };
    let all = 1usize << spans.len();
    let is_group: Vec<_> = (0..all).map(|set| union_of(set).is_some()).collect();
    let mut fewest = vec![0; all];
    for set in 1..all {
        let lowest = set & set.wrapping_neg();
        let mut group = set;
        fewest[set] = usize::MAX;
        while group > 0 {
            if group & lowest != 0 && is_group[group] {
                fewest[set] = fewest[set].min(1 + fewest[set & !group]);
            }
            group = (group - 1) & set;
        }
    }
    spans.len() - fewest[all - 1]
}

proptest! {
    #[test]
    fn nothing_beats_the_optimum((slots, spans) in any_spans(8), seed: u64) {
        let best = optimum(&spans);
        prop_assert!(search(&mut ComplementMesher, &spans, slots).len() <= best);
        let mut split = SplitMesher::<64>::new(Pcg32::new(seed, 0));
        prop_assert!(search(&mut split, &spans, slots).len() <= best);
    }
}

#[test]
fn complement_mesher_is_near_the_optimum_on_average() {
    let mut rng = Pcg32::new(5, 0);
    let (mut found, mut best) = (0, 0);
    for _ in 0..1_000 {
        let (count, slots) = (
            2 + rng.next_u32() as usize % 7,
            4 + rng.next_u32() as usize % 5,
        );
        let spans = draw::spans(count, slots, &Occupancy::Spread(0.1, 0.7), &mut rng);
        found += search(&mut ComplementMesher, &spans, slots).len();
        best += optimum(&spans);
    }
    assert!(best > 1_000, "cases with little to find: {best}");
    assert!(found * 100 >= best * 99, "{found} of {best}");
}
