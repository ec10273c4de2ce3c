//! SplitMesher against the paper's analysis.
//!
//! Lemma 5.3 (PLDI 2019): with t = k / q for a k > 1, where q is the chance that two spans mesh,
//! SplitMesher finds at least n (1 − e^(−2k)) / 4 pairs among n spans, with a probability that
//! approaches 1 as n ≥ 2k / q grows. Here t is 64, n is 2,000 (at least 2t, as n ≥ 2k / q asks), all
//! spans have the same number of live slots, so that q is known exactly, and k = tq.

use meshing::{Mesher, SplitMesher};
use rand_pcg::Pcg32;

use crate::draw::{self, Occupancy};
use crate::oracle::search;

const T: usize = 64;
const SPANS: usize = 2_000;

/// C(slots − live, live) / C(slots, live).
fn chance_to_mesh(slots: usize, live: usize) -> f64 {
    (0..live)
        .map(|i| (slots - live - i) as f64 / (slots - i) as f64)
        .product()
}

fn bound(slots: usize, live: usize) -> f64 {
    let k = T as f64 * chance_to_mesh(slots, live);
    assert!(k > 1.0, "the lemma says nothing about k = {k}");
    SPANS as f64 * (1.0 - (-2.0 * k).exp()) / 4.0
}

fn found(mut mesher: impl Mesher, slots: usize, live: usize, seed: u64) -> usize {
    let mut rng = Pcg32::new(seed, 2);
    let spans = draw::spans(SPANS, slots, &Occupancy::Exactly(live), &mut rng);
    search(&mut mesher, &spans, slots).len()
}

#[test]
fn split_mesher_finds_what_lemma_5_3_promises() {
    for (slots, live) in [(8, 2), (16, 5), (32, 9), (64, 14), (256, 28)] {
        for seed in 0..10 {
            let split = SplitMesher::<T>::new(Pcg32::new(seed, 3));
            let (found, bound) = (found(split, slots, live, seed), bound(slots, live));
            assert!(
                found as f64 >= bound,
                "{live} of {slots}, seed {seed}: {found} < {bound}"
            );
        }
    }
}

/// The bound tells a search with fewer probes from the right one.
#[test]
fn the_bound_of_64_probes_needs_more_than_16() {
    for (slots, live) in [(32, 9), (64, 14)] {
        let few = SplitMesher::<16>::new(Pcg32::new(0, 3));
        assert!((found(few, slots, live, 0) as f64) < bound(slots, live));
    }
}
