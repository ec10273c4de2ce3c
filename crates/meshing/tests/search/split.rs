//! The parts of SplitMesher: random halves, and one comparison for each pair in each round.

use bitmap::SpanBits;
use meshing::{Budget, Candidate, SplitMesher};
use rand_pcg::Pcg32;

use crate::oracle::{limited, scratch, search};

const T: usize = 64;

fn live_in(slots: &[usize]) -> Candidate {
    let mut live = SpanBits::EMPTY;
    for &slot in slots {
        live.insert(slot);
    }
    Candidate {
        live,
        tag: 0,
        weight: 1,
        is_host: false,
    }
}

/// Pairs found, and steps taken.
fn work(spans: &[Candidate]) -> (usize, u64) {
    let mut split = SplitMesher::<T>::new(Pcg32::new(1, 0));
    let mut budget = Budget::UNBOUNDED;
    let mut memory = scratch::<SplitMesher<T>>(spans, 256);
    let merges = limited(&mut split, spans, 256, &mut memory, &mut budget, usize::MAX);
    (merges.len(), Budget::UNBOUNDED.left() - budget.left())
}

/// As they come, nothing of the first half fits anything of the second.
#[test]
fn halves_are_random() {
    let mut spans = vec![live_in(&[0]); 100];
    spans.extend([live_in(&[1]); 100]);
    spans.extend([live_in(&[0, 1]); 200]);
    for seed in 0..10 {
        let mut split = SplitMesher::<T>::new(Pcg32::new(seed, 0));
        let pairs = search(&mut split, &spans, 4).len();
        assert!(pairs > 60, "seed {seed}: {pairs}");
    }
}

#[test]
fn who_finds_no_partner_is_compared_in_every_round() {
    let spans = [live_in(&[7]); 201];
    assert_eq!(work(&spans), (0, 201 + 100 * T as u64));
}

#[test]
fn who_finds_a_partner_is_compared_no_more() {
    let spans: Vec<_> = (0..200).map(|slot| live_in(&[slot])).collect();
    assert_eq!(work(&spans), (100, 200 + 100));
}
