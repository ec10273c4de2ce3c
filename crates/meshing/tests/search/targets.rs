//! The quality promised for classes of thousands of spans.

use meshing::{Budget, Candidate, ComplementMesher, Merge, Mesher, SplitMesher};
use rand_pcg::Pcg32;

use crate::draw::{self, Occupancy};
use crate::oracle::{carry_out, limited, scratch, search};

const SPANS: usize = 8_000;

/// Pages that ComplementMesher releases, in percent of the bound n − ⌈live / slots⌉.
fn percent(slots: usize, occupancy: &Occupancy) -> usize {
    let spans = draw::spans(SPANS, slots, occupancy, &mut Pcg32::new(11, slots as u64));
    let merges = search(&mut ComplementMesher, &spans, slots);
    carry_out(&spans, &merges);
    let live: usize = spans.iter().map(|span| span.live.len()).sum();
    100 * merges.len() / (SPANS - live.div_ceil(slots))
}

#[test]
fn nine_of_ten_pages_up_to_40_percent() {
    for slots in [8, 16] {
        for low in [0.05, 0.1, 0.2] {
            assert!(percent(slots, &Occupancy::Spread(low, low + 0.4)) >= 90);
        }
        assert!(percent(slots, &Occupancy::Equal(0.4)) >= 90);
    }
}

#[test]
fn seven_of_ten_pages_at_50_percent() {
    for slots in [8, 16] {
        assert!(percent(slots, &Occupancy::Spread(0.3, 0.7)) >= 70);
        assert!(percent(slots, &Occupancy::Equal(0.5)) >= 70);
    }
}

/// That only some spans keep their pages costs little, if there are as many as are needed.
#[test]
fn nearly_as_much_where_the_hosts_are_given() {
    for (slots, mean, hosts) in [
        (8, 0.5, 2),
        (16, 0.5, 2),
        (16, 0.4, 2),
        (16, 0.25, 3),
        (64, 0.2, 3),
    ] {
        let occupancy = Occupancy::Equal(mean);
        let mut spans = draw::spans(4_000, slots, &occupancy, &mut Pcg32::new(19, slots as u64));
        let free = search(&mut ComplementMesher, &spans, slots).len();
        for host in spans.iter_mut().step_by(hosts) {
            host.is_host = true;
        }
        let merges = search(&mut ComplementMesher, &spans, slots);
        carry_out(&spans, &merges);
        let given = merges.len();
        assert!(
            given * 10 >= free * 8,
            "{slots} slots, {mean}: {given} of {free}"
        );
    }
}

/// At half occupancy no search finds much more: spans of which each two overlap need a page each, and
/// a family of these, the fullest first, is that large.
#[test]
fn nine_of_ten_pages_that_overlapping_spans_leave() {
    for (slots, mean) in [
        (16, 0.5),
        (16, 0.6),
        (32, 0.4),
        (32, 0.5),
        (64, 0.3),
        (256, 0.2),
    ] {
        let occupancy = Occupancy::Equal(mean);
        let mut spans = draw::spans(4_000, slots, &occupancy, &mut Pcg32::new(17, slots as u64));
        spans.sort_by_key(|span| std::cmp::Reverse(span.live.len()));
        let mut family: Vec<Candidate> = Vec::new();
        for span in &spans {
            let overlaps = |member: &Candidate| !member.live.is_disjoint(&span.live);
            if family.iter().all(overlaps) {
                family.push(*span);
            }
        }
        let most = spans.len() - family.len();
        let pages = search(&mut ComplementMesher, &spans, slots).len();
        assert!(most > 100 && pages <= most);
        assert!(pages * 10 >= most * 9, "{slots} slots: {pages} of {most}");
    }
}

/// What the default search finds in so many steps.
fn in_steps(steps: u64, spans: &[Candidate], slots: usize) -> Vec<Merge> {
    let mut memory = scratch::<ComplementMesher>(spans, slots);
    limited(
        &mut ComplementMesher,
        spans,
        slots,
        &mut memory,
        &mut Budget::steps(steps),
        usize::MAX,
    )
}

/// 64 steps for each span, half of the allocator's budget: as good as without one up to 16 slots.
#[test]
fn sixty_four_steps_a_span_are_enough_for_16_slots() {
    for (slots, mean) in [(8, 0.3), (16, 0.2), (16, 0.4), (16, 0.5)] {
        let occupancy = Occupancy::Equal(mean);
        let spans = draw::spans(SPANS, slots, &occupancy, &mut Pcg32::new(19, slots as u64));
        let some = in_steps(64 * SPANS as u64, &spans, slots);
        assert_eq!(some, search(&mut ComplementMesher, &spans, slots));
    }
}

/// More spans than are searched at once: the shards are as good as the whole.
#[test]
fn shards_cover_everything() {
    let spans = draw::spans(
        20_000,
        8,
        &Occupancy::Spread(0.2, 0.6),
        &mut Pcg32::new(3, 0),
    );
    let merges = search(&mut ComplementMesher, &spans, 8);
    let left: Vec<_> = carry_out(&spans, &merges).into_iter().flatten().collect();
    let live: usize = spans.iter().map(|span| span.live.len()).sum();
    assert!(merges.len() * 100 >= (spans.len() - live.div_ceil(8)) * 95);
    assert_eq!(left.len() + merges.len(), spans.len());
}

/// A scarce budget is spread over all spans, not spent on the fullest ones.
#[test]
fn a_quarter_of_the_work_finds_four_tenths() {
    for (slots, occupancy) in [
        (16, Occupancy::Spread(0.3, 0.7)),
        (32, Occupancy::Equal(0.4)),
        (64, Occupancy::Spread(0.15, 0.5)),
        (256, Occupancy::Spread(0.05, 0.25)),
    ] {
        let spans = draw::spans(SPANS, slots, &occupancy, &mut Pcg32::new(13, slots as u64));
        let (all, work) = released(&mut ComplementMesher, &spans, slots, 1);
        let some = in_steps(work / 4, &spans, slots);
        assert!(
            some.len() * 10 >= all * 4,
            "{slots} slots: {} of {all}",
            some.len()
        );
    }
}

/// SplitMesher may repeat its pass over what the one before left, until it has taken as many steps:
/// a step of either takes about the same time.
#[test]
fn twice_the_pages_of_split_mesher_for_the_same_work() {
    for (slots, occupancy) in [
        (32, Occupancy::Spread(0.2, 0.6)),
        (32, Occupancy::Equal(0.4)),
        (64, Occupancy::Spread(0.2, 0.5)),
        (64, Occupancy::Equal(0.3)),
    ] {
        let spans = draw::spans(SPANS, slots, &occupancy, &mut Pcg32::new(7, slots as u64));
        let (complement, work) = released(&mut ComplementMesher, &spans, slots, 1);
        let mut split = SplitMesher::<64>::new(Pcg32::new(7, 0));
        let (pages, _) = released(&mut split, &spans, slots, work);
        assert!(
            complement >= 2 * pages,
            "{slots} slots: {complement} against {pages}"
        );
    }
}

/// Pages released by passes until at least so many steps were taken, and the steps taken.
fn released<M: Mesher>(
    mesher: &mut M,
    spans: &[Candidate],
    slots: usize,
    work: u64,
) -> (usize, u64) {
    let mut spans = spans.to_vec();
    let (mut pages, mut steps) = (0, 0);
    while steps < work {
        let mut budget = Budget::UNBOUNDED;
        let mut memory = scratch::<M>(&spans, slots);
        let merges = limited(mesher, &spans, slots, &mut memory, &mut budget, usize::MAX);
        steps += Budget::UNBOUNDED.left() - budget.left();
        pages += merges.len();
        let left = carry_out(&spans, &merges).into_iter().flatten();
        spans = left
            .map(|live| Candidate {
                live,
                ..Candidate::default()
            })
            .collect();
    }
    (pages, steps)
}
