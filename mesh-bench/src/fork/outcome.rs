//! What one forking process saw.

use crate::statistics::median;
use serde::{Deserialize, Serialize};

/// One fork. Times are in nanoseconds from the call of `fork`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Until it returned in the parent.
    pub(crate) parent_ns: u64,
    /// Until it returned in the child.
    pub(crate) child_ns: u64,
    /// Until the child's first write to an object was done.
    pub(crate) written_ns: u64,
}

/// All of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Bytes of the objects that live on.
    pub(crate) live: u64,
    /// Physical bytes of the heap before the first fork: the control group's charge, or `Pss` and page tables.
    pub(crate) before: u64,
    /// Bytes on shared pages then, each page counted once: those of meshed groups.
    pub(crate) shared: u64,
    /// Lines of `/proc/self/maps` then.
    pub(crate) mappings: u64,
    /// How much more the group was charged for while a child that had written once was alive; `None` without a group.
    pub(crate) growth: Option<u64>,
    /// Each fork.
    pub(crate) samples: Vec<Sample>,
}

/// Medians over the forks of all processes of one allocator; times in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Figures {
    pub(crate) parent_ms: Option<f64>,
    pub(crate) child_ms: Option<f64>,
    pub(crate) written_ms: Option<f64>,
    pub(crate) before: Option<f64>,
    pub(crate) shared: Option<f64>,
    pub(crate) mappings: Option<f64>,
    pub(crate) growth: Option<f64>,
}

impl Figures {
    pub(crate) fn of(outcomes: &[Outcome]) -> Self {
        let time = |pick: fn(&Sample) -> u64| {
            let samples = outcomes.iter().flat_map(|outcome| &outcome.samples);
            let times: Vec<f64> = samples.map(|sample| pick(sample) as f64 / 1e6).collect();
            median(&times)
        };
        let bytes = |pick: fn(&Outcome) -> Option<u64>| {
            let values = outcomes.iter().filter_map(pick);
            median(&values.map(|value| value as f64).collect::<Vec<_>>())
        };
        Self {
            parent_ms: time(|sample| sample.parent_ns),
            child_ms: time(|sample| sample.child_ns),
            written_ms: time(|sample| sample.written_ns),
            before: bytes(|outcome| Some(outcome.before)),
            shared: bytes(|outcome| Some(outcome.shared)),
            mappings: bytes(|outcome| Some(outcome.mappings)),
            growth: bytes(|outcome| outcome.growth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(parents_ms: &[u64], growth: Option<u64>) -> Outcome {
        let sample = |ms: &u64| Sample {
            parent_ns: ms * 1_000_000,
            ..Sample::default()
        };
        Outcome {
            samples: parents_ms.iter().map(sample).collect(),
            growth,
            ..Outcome::default()
        }
    }

    #[test]
    fn the_median_is_over_the_forks_of_all_processes() {
        let figures = Figures::of(&[outcome(&[1, 9], Some(5)), outcome(&[2, 3, 100], Some(7))]);
        assert_eq!(figures.parent_ms, Some(3.0));
        assert_eq!(figures.growth, Some(6.0));
    }

    #[test]
    fn without_a_group_there_is_no_growth() {
        assert_eq!(Figures::of(&[outcome(&[1], None)]).growth, None);
        assert_eq!(Figures::of(&[]).parent_ms, None);
    }
}
