//! What every search promises, for any spans.

use bitmap::SpanBits;
use meshing::{Budget, Candidate, ComplementMesher, Mesher, NoMesh, SplitMesher};
use proptest::prelude::*;
use rand_pcg::Pcg32;

use crate::oracle::{carry_out, limited, scratch, search};

/// Any spans: also empty and full ones, and some with live slots that the class does not have.
pub(crate) fn any_spans(most: usize) -> impl Strategy<Value = (usize, Vec<Candidate>)> {
    let slots = prop_oneof![
        0..=9usize,
        15..=17usize,
        24..=25usize,
        31..=65usize,
        250..=300usize
    ];
    (slots, 0.0..1.0).prop_flat_map(move |(slots, occupancy)| {
        let live = prop::collection::vec(prop::bool::weighted(occupancy), slots);
        let beyond = prop::option::weighted(0.02, 0..SpanBits::BITS);
        let span = (live, beyond, 0..5u16, any::<u32>()).prop_map(|(live, beyond, weight, tag)| {
            let mut bits = SpanBits::EMPTY;
            for slot in (0..live.len()).filter(|&slot| live[slot]).chain(beyond) {
                bits.insert(slot);
            }
            Candidate {
                live: bits,
                tag,
                weight,
                is_host: false,
            }
        });
        (Just(slots), prop::collection::vec(span, 0..most))
    })
}

/// Whether a search may touch the span at all.
fn meshable(span: &Candidate, slots: usize) -> bool {
    let live = span.live.len();
    live > 0 && live < slots && span.live.is_subset(&SpanBits::first(slots))
}

fn merges_are_sound<M: Mesher>(mut mesher: M, spans: &[Candidate], slots: usize) {
    let merges = search(&mut mesher, spans, slots);
    let after: usize = carry_out(spans, &merges)
        .iter()
        .flatten()
        .map(SpanBits::len)
        .sum();
    assert_eq!(
        after,
        spans.iter().map(|span| span.live.len()).sum::<usize>()
    );
    for merge in merges {
        for span in [merge.keep, merge.join] {
            assert!(
                meshable(&spans[span as usize], slots),
                "{span} is no candidate"
            );
        }
    }
}

fn limits_are_kept<M: Mesher + Clone>(
    mesher: M,
    spans: &[Candidate],
    slots: usize,
    steps: u64,
    most: usize,
) {
    let run = |steps, scratch: &mut [u32], most| {
        let mut budget = Budget::steps(steps);
        let merges = limited(
            &mut mesher.clone(),
            spans,
            slots,
            scratch,
            &mut budget,
            most,
        );
        assert!(budget.left() <= steps);
        merges
    };
    let mut memory = scratch::<M>(spans, slots);
    let all = run(u64::MAX, &mut memory, usize::MAX);

    assert_eq!(run(0, &mut memory, usize::MAX), []);
    carry_out(spans, &run(steps, &mut memory, usize::MAX));
    assert_eq!(run(u64::MAX, &mut memory, most), all[..all.len().min(most)]);
    if let Some((_, short)) = memory.split_last_mut() {
        assert_eq!(run(u64::MAX, short, usize::MAX), []);
    }
    memory.resize(memory.len() + 100, 7);
    assert_eq!(run(u64::MAX, &mut memory, usize::MAX), all);
}

proptest! {
    #[test]
    fn no_merge_overlaps_or_names_a_joined_span(
        (slots, spans) in any_spans(60),
        seed: u64,
    ) {
        merges_are_sound(ComplementMesher, &spans, slots);
        merges_are_sound(SplitMesher::<64>::new(Pcg32::new(seed, 0)), &spans, slots);
        merges_are_sound(SplitMesher::<1>::new(Pcg32::new(seed, 0)), &spans, slots);
        merges_are_sound(NoMesh, &spans, slots);
    }

    #[test]
    fn budget_scratch_and_breaking_off_are_respected(
        (slots, spans) in any_spans(40),
        seed: u64,
        steps in 0..2_000u64,
        most in 1..20usize,
    ) {
        limits_are_kept(ComplementMesher, &spans, slots, steps, most);
        let split = SplitMesher::<64>::new(Pcg32::new(seed, 0));
        limits_are_kept(split, &spans, slots, steps, most);
        limits_are_kept(NoMesh, &spans, slots, steps, most);
    }

    #[test]
    fn split_mesher_makes_pairs_only((slots, spans) in any_spans(60), seed: u64) {
        let merges = search(&mut SplitMesher::<64>::new(Pcg32::new(seed, 0)), &spans, slots);
        let mut named: Vec<_> = merges.iter().flat_map(|m| [m.keep, m.join]).collect();
        named.sort_unstable();
        named.dedup();
        prop_assert_eq!(named.len(), 2 * merges.len());
    }

    #[test]
    fn hosts_keep_and_others_join((slots, spans) in any_spans(60), hosts in prop::collection::vec(any::<bool>(), 60)) {
        let with_hosts = spans.iter().zip(&hosts);
        let spans: Vec<_> = with_hosts.map(|(&span, &is_host)| Candidate { is_host, ..span }).collect();
        let has_hosts = spans.iter().any(|span| span.is_host);
        merges_are_sound(ComplementMesher, &spans, slots);
        for merge in search(&mut ComplementMesher, &spans, slots) {
            let is_host = |span: u32| spans[span as usize].is_host;
            prop_assert!(!is_host(merge.join));
            prop_assert_eq!(is_host(merge.keep), has_hosts);
        }
    }

    #[test]
    fn what_costs_most_to_move_stays((slots, spans) in any_spans(60), seed: u64) {
        let cost = |span: u32| {
            let span = &spans[span as usize];
            (span.weight, span.live.len())
        };
        let mut merges = search(&mut ComplementMesher, &spans, slots);
        merges.extend(search(&mut SplitMesher::<64>::new(Pcg32::new(seed, 0)), &spans, slots));
        for merge in merges {
            prop_assert!(cost(merge.keep) >= cost(merge.join));
        }
    }
}

#[test]
fn no_mesh_finds_nothing() {
    let spans = [0b01, 0b10].map(|word| Candidate {
        live: SpanBits::from_words([word, 0, 0, 0]),
        tag: 0,
        weight: 1,
        is_host: false,
    });
    assert_eq!(search(&mut NoMesh, &spans, 4), []);
    assert_eq!(search(&mut ComplementMesher, &spans, 4).len(), 1);
}
