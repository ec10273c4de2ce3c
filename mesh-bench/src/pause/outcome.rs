//! What one process saw, and the medians of several.

use crate::statistics::median;
use serde::{Deserialize, Serialize};

/// A kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A new object.
    Malloc,
    /// An object of a span that gets sparse.
    Free,
    /// Eight bytes to an object of a sparse span.
    Write,
    /// From a pipe with bytes in it into an object of a sparse span.
    Read,
}

impl Kind {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 4] = [Self::Malloc, Self::Free, Self::Write, Self::Read];

    /// The name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Malloc => "malloc",
            Self::Free => "free",
            Self::Write => "write",
            Self::Read => "read",
        }
    }
}

/// How long the operations of one kind took, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Times {
    /// Operations.
    pub(crate) count: u64,
    pub(crate) p50_ns: u64,
    pub(crate) p99_ns: u64,
    pub(crate) p999_ns: u64,
    pub(crate) max_ns: u64,
    /// The maximum of those during which the scheduler did not take the processor from the thread.
    pub(crate) undisturbed_max_ns: u64,
}

/// What the library says of itself at the end of a process; other libraries say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meshing {
    pub(crate) mesh_count: u64,
    pub(crate) cycles: u64,
    pub(crate) longest_hold_ns: u64,
    pub(crate) barrier: String,
}

impl Meshing {
    /// From what a process with `MALLOCSTATS=json` wrote to standard error.
    pub(crate) fn from_errors(errors: &str) -> Option<Self> {
        let start = errors.find('{')?;
        let mut objects = serde_json::Deserializer::from_str(&errors[start..]).into_iter();
        objects.next()?.ok()
    }
}

/// All of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// In the order of [`Kind::ALL`].
    pub(crate) kinds: Vec<(Kind, Times)>,
    /// Added by the parent.
    pub(crate) meshing: Option<Meshing>,
}

impl Outcome {
    fn times(&self, kind: Kind) -> Option<Times> {
        let found = self.kinds.iter().find(|(of, _)| *of == kind)?;
        Some(found.1)
    }
}

/// The median over processes of a figure of one kind, in microseconds.
pub(crate) fn microseconds(
    outcomes: &[Outcome],
    kind: Kind,
    pick: fn(&Times) -> u64,
) -> Option<f64> {
    let times = outcomes.iter().filter_map(|outcome| outcome.times(kind));
    median(
        &times
            .map(|times| pick(&times) as f64 / 1e3)
            .collect::<Vec<_>>(),
    )
}

/// The median over processes of a figure of the library.
pub(crate) fn of_meshing(outcomes: &[Outcome], pick: fn(&Meshing) -> u64) -> Option<f64> {
    let meshing = outcomes
        .iter()
        .filter_map(|outcome| outcome.meshing.as_ref());
    median(
        &meshing
            .map(|meshing| pick(meshing) as f64)
            .collect::<Vec<_>>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_numbered_in_order() {
        for (number, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
        }
    }

    #[test]
    fn the_librarys_figures_are_found_behind_other_lines() {
        let errors = "a warning\n{\n  \"cycles\": 7,\n \"mesh_count\": 12, \"longest_hold_ns\": 5,\n \
             \"barrier\": \"mprotect\", \"bins\": []\n}\nmore\n";
        let meshing = Meshing::from_errors(errors).unwrap();
        assert_eq!((meshing.mesh_count, meshing.cycles), (12, 7));
        assert_eq!(meshing.barrier, "mprotect");
        assert_eq!(Meshing::from_errors("nothing"), None);
        assert_eq!(Meshing::from_errors("{ broken"), None);
    }

    #[test]
    fn medians_are_over_processes() {
        let outcome = |max_ns| Outcome {
            kinds: vec![(
                Kind::Read,
                Times {
                    max_ns,
                    ..Times::default()
                },
            )],
            meshing: None,
        };
        let outcomes = [outcome(1_000), outcome(3_000), outcome(900_000)];
        let max = |kind| microseconds(&outcomes, kind, |times| times.max_ns);
        assert_eq!(max(Kind::Read), Some(3.0));
        assert_eq!(max(Kind::Free), None);
        assert_eq!(of_meshing(&outcomes, |meshing| meshing.cycles), None);
    }
}
