//! The best groups that a long search finds: what the searches of the allocator are compared with where there are few spans.

use super::draw::fraction;
use bitmap::SpanBits;
use meshing::Candidate;
use rand_pcg::Pcg32;

/// A group: its spans, and their live slots.
struct FoundGroup {
    spans: Vec<usize>,
    live: SpanBits,
}

/// Groups taken apart in one round.
const RUINED: usize = 6;

/// Pages released by the best of many rounds, each of which takes some groups apart and gives their spans to any groups where
/// they fit, in random order, first to those that are fullest. What does not make it worse is kept (*ruin and recreate*,
/// Schrimpf and others, Journal of Computational Physics 159(2), 2000).
pub(super) fn released(spans: &[Candidate], rounds: usize, rng: &mut Pcg32) -> usize {
    let mut groups = Vec::new();
    let mut order: Vec<_> = (0..spans.len()).collect();
    order.sort_by_key(|&span| std::cmp::Reverse(spans[span].live.len()));
    insert(spans, &order, &mut groups);
    for _ in 0..rounds {
        let before = groups.len();
        let mut loose = Vec::new();
        let mut ruined = Vec::new();
        for _ in 0..RUINED.min(groups.len()) {
            let pick = (fraction(rng) * groups.len() as f64) as usize;
            let group = groups.swap_remove(pick);
            loose.extend(&group.spans);
            ruined.push(group);
        }
        for last in (1..loose.len()).rev() {
            loose.swap(last, (fraction(rng) * (last + 1) as f64) as usize);
        }
        let kept: Vec<_> = groups.iter().map(|group| group.spans.len()).collect();
        insert(spans, &loose, &mut groups);
        if groups.len() > before {
            groups.truncate(kept.len());
            for (group, len) in groups.iter_mut().zip(kept) {
                group.spans.truncate(len);
                group.live = union(spans, &group.spans);
            }
            groups.append(&mut ruined);
        }
    }
    spans.len() - groups.len()
}

/// Puts each span into the fullest group where it fits, or into a new one.
fn insert(spans: &[Candidate], order: &[usize], groups: &mut Vec<FoundGroup>) {
    for &span in order {
        let live = spans[span].live;
        let fitting = groups
            .iter_mut()
            .filter(|group| group.live.is_disjoint(&live));
        if let Some(group) = fitting.max_by_key(|group| group.live.len()) {
            group.spans.push(span);
            group.live = group.live.union(&live);
        } else {
            groups.push(FoundGroup {
                spans: vec![span],
                live,
            });
        }
    }
}

fn union(spans: &[Candidate], members: &[usize]) -> SpanBits {
    members.iter().fold(SpanBits::EMPTY, |union, &span| {
        union.union(&spans[span].live)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{bound, draw};
    use super::*;

    /// Three spans of two slots and three complements: first come, first served can go wrong, rounds make it good.
    #[test]
    fn rounds_reach_the_optimum_of_small_cases() {
        for seed in 0..5 {
            let mut rng = Pcg32::new(seed, 0);
            let mut spans = draw::spans(12, 8, 0.4, &mut rng);
            for index in 0..12 {
                let rest = SpanBits::first(8).without(&spans[index].live);
                spans.push(Candidate {
                    live: rest,
                    ..spans[index]
                });
            }
            // Every span has its complement, so the live slots fill twelve spans exactly.
            assert_eq!(bound::releasable(&spans, 8), 12);
            assert_eq!(released(&spans, 5_000, &mut rng), 12, "seed {seed}");
        }
    }

    #[test]
    fn never_more_than_the_bound() {
        for seed in 0..10 {
            let mut rng = Pcg32::new(seed, 0);
            let spans = draw::spans(60, 16, 0.3, &mut rng);
            let most = bound::releasable(&spans, 16);
            let at_once = released(&spans, 0, &mut rng);
            let long = released(&spans, 2_000, &mut rng);
            assert!((at_once..=most).contains(&long), "{at_once} {long} {most}");
        }
    }
}
