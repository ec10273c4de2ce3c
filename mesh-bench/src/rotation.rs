//! The order of runs: interleaved, and each round starts with another allocator.
//!
//! A machine drifts while it measures. When the runs of one allocator are spread over the whole time, and none always
//! follows the same neighbour, the drift falls on all alike.

use crate::allocators::Allocator;
use crate::{interrupt, progress};
use anyhow::{Context, Result};

/// `repeat` rounds of `measure` with each allocator, with a progress bar: the results, each with the index of its
/// allocator, in the order in which they were taken. The first error, or a request to stop, ends it.
pub(crate) fn run<T>(
    allocators: &[Allocator],
    repeat: usize,
    title: &str,
    measure: impl Fn(&Allocator) -> Result<T>,
) -> Result<Vec<(usize, T)>> {
    let bar = progress::bar(repeat * allocators.len());
    let mut results = Vec::new();
    for round in 0..repeat {
        for index in order(allocators.len(), round) {
            interrupt::check()?;
            let allocator = &allocators[index];
            bar.set_message(format!("{title} {}", allocator.name));
            let result = measure(allocator).with_context(|| allocator.name.clone())?;
            results.push((index, result));
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(results)
}

/// The order in which `count` allocators run in round `round`.
pub(crate) fn order(count: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |place| (place + round) % count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_round_starts_one_later() {
        assert_eq!(order(3, 0).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(order(3, 1).collect::<Vec<_>>(), [1, 2, 0]);
        assert_eq!(order(3, 5).collect::<Vec<_>>(), [2, 0, 1]);
        assert_eq!(order(0, 5).count(), 0);
    }

    #[test]
    fn results_carry_their_allocator_and_an_error_its_name() {
        let glibc = Allocator::named("glibc").unwrap();
        let both = [glibc.clone(), glibc.canary()];
        let names = run(&both, 2, "", |allocator| Ok(allocator.name.clone())).unwrap();
        let indices: Vec<usize> = names.iter().map(|(index, _)| *index).collect();
        assert_eq!(indices, [0, 1, 1, 0]);
        assert!(names.iter().all(|(index, name)| *name == both[*index].name));
        let error = run(&both, 1, "", |_| -> Result<()> { anyhow::bail!("no") }).unwrap_err();
        assert_eq!(format!("{error:#}"), "glibc: no");
    }

    proptest! {
        #[test]
        fn each_round_runs_everyone_once(count in 1usize..12, round in 0usize..50) {
            let mut seen: Vec<_> = order(count, round).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
        }
    }
}
