//! The order of runs: interleaved, and each round starts with another allocator.
//!
//! A machine drifts while it measures. When the runs of one allocator are spread over the whole time, and none always
//! follows the same neighbour, the drift falls on all alike.

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

    proptest! {
        #[test]
        fn each_round_runs_everyone_once(count in 1usize..12, round in 0usize..50) {
            let mut seen: Vec<_> = order(count, round).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
        }
    }
}
