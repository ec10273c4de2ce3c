//! One search among one set of spans.

use anyhow::Result;
use meshing::{Budget, Candidate, Merge, Mesher};
use rustix::time::{ClockId, clock_gettime};
use std::ops::ControlFlow;
use std::time::Duration;

use crate::interrupt;

/// What a search did. Where it ran several times from the same start, the time is the shortest.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trial {
    /// Spans whose pages are released.
    pub(super) released: usize,
    /// Steps as a [`Budget`] counts them.
    pub(super) steps: u64,
    /// CPU time of the search alone.
    pub(super) time: Duration,
    /// Passes over what the one before left.
    pub(super) passes: u32,
}

/// Searches `runs` times from the same start.
pub(super) fn once<M: Mesher + Clone>(
    mesher: &M,
    spans: &[Candidate],
    slots: usize,
    budget: Budget,
    runs: u32,
) -> Result<Trial> {
    let mut best: Option<Trial> = None;
    for _ in 0..runs {
        interrupt::check()?;
        let (_, trial) = pass(&mut mesher.clone(), spans, slots, budget);
        if best.is_none_or(|best| trial.time < best.time) {
            best = Some(trial);
        }
    }
    Ok(best.unwrap_or_default())
}

/// Searches again and again in what the pass before left, until the CPU time is used up.
pub(super) fn repeated<M: Mesher>(
    mesher: &mut M,
    spans: &[Candidate],
    slots: usize,
    time: Duration,
) -> Result<Trial> {
    let mut spans = spans.to_vec();
    let mut sum = Trial::default();
    while sum.passes == 0 || sum.time < time {
        interrupt::check()?;
        let (merges, trial) = pass(mesher, &spans, slots, Budget::UNBOUNDED);
        sum.released += trial.released;
        sum.steps += trial.steps;
        sum.time += trial.time;
        sum.passes += 1;
        carry_out(&mut spans, &merges);
    }
    Ok(sum)
}

fn pass<M: Mesher>(
    mesher: &mut M,
    spans: &[Candidate],
    slots: usize,
    mut budget: Budget,
) -> (Vec<Merge>, Trial) {
    let mut scratch = vec![0; M::scratch_words(spans.len(), slots)];
    let mut merges = Vec::with_capacity(spans.len());
    let before = budget.left();
    let start = clock();
    mesher.find(spans, slots, &mut scratch, &mut budget, |merge| {
        merges.push(merge);
        ControlFlow::Continue(())
    });
    let trial = Trial {
        released: merges.len(),
        steps: before - budget.left(),
        time: clock().saturating_sub(start),
        passes: 1,
    };
    (merges, trial)
}

/// CPU time of this thread: other processes do not count.
fn clock() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Leaves the spans that are there after the merges.
fn carry_out(spans: &mut Vec<Candidate>, merges: &[Merge]) {
    for merge in merges {
        let joined = std::mem::take(&mut spans[merge.join as usize]);
        let keep = &mut spans[merge.keep as usize];
        keep.live = keep.live.union(&joined.live);
        keep.weight += joined.weight;
    }
    spans.retain(|span| !span.live.is_empty());
}

#[cfg(test)]
mod tests {
    use super::super::draw;
    use super::*;
    use meshing::{ComplementMesher, NoMesh, SplitMesher};
    use rand_pcg::Pcg32;

    #[test]
    fn passes_go_on_with_what_is_left() {
        let mut rng = Pcg32::new(3, 0);
        let spans = draw::spans(2_000, 16, 0.2, &mut rng);
        let split = SplitMesher::<64>::new(rng);
        let one = once(&split, &spans, 16, Budget::UNBOUNDED, 2).unwrap();
        let many = repeated(&mut split.clone(), &spans, 16, one.time * 20).unwrap();
        assert!(
            many.passes > 1 && many.released > one.released,
            "{one:?} {many:?}"
        );
        assert!(one.released <= 1_000, "pairs only");
    }

    #[test]
    fn a_budget_is_kept() {
        let spans = draw::spans(2_000, 64, 0.2, &mut Pcg32::new(4, 0));
        let all = once(&ComplementMesher, &spans, 64, Budget::UNBOUNDED, 1).unwrap();
        let half = once(
            &ComplementMesher,
            &spans,
            64,
            Budget::steps(all.steps / 2),
            1,
        )
        .unwrap();
        assert!(half.steps <= all.steps / 2 && half.released < all.released);
        let none = once(&NoMesh, &spans, 64, Budget::UNBOUNDED, 1).unwrap();
        assert_eq!((none.released, none.steps), (0, 0));
    }
}
