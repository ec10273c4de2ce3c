//! The trials of an experiment, and their medians.

use super::experiment::Experiment;
use super::quantity::Quantity;
use super::target::Verdict;
use super::trial::Trial;
use crate::allocators::{Allocator, Role};
use crate::statistics::median;
use std::collections::BTreeMap;

/// Everything one experiment showed.
pub(crate) struct Results {
    /// Which.
    pub(crate) experiment: &'static Experiment,
    /// In the order of the allocators.
    pub(crate) rows: Vec<Row>,
}

/// The trials of one allocator.
pub(crate) struct Row {
    /// The allocator.
    pub(crate) allocator: String,
    /// Whether the targets are for it.
    pub(crate) is_ours: bool,
    /// Medians of the figures.
    pub(crate) medians: BTreeMap<Quantity, f64>,
    /// In the order of time.
    pub(crate) trials: Vec<Trial>,
}

impl Results {
    /// The results of `trials`, each with the index of its allocator.
    pub(crate) fn of(
        experiment: &'static Experiment,
        allocators: &[Allocator],
        trials: Vec<(usize, Trial)>,
    ) -> Self {
        let mut rows: Vec<Row> = allocators.iter().map(Row::empty).collect();
        for (index, trial) in trials {
            rows[index].trials.push(trial);
        }
        for row in &mut rows {
            row.medians = medians(&row.trials);
        }
        Self { experiment, rows }
    }

    /// The median of a figure of an allocator.
    fn figure(&self, allocator: &str, quantity: Quantity) -> Option<f64> {
        let row = self.rows.iter().find(|row| row.allocator == allocator)?;
        row.medians.get(&quantity).copied()
    }

    /// Those quantities that some allocator has.
    pub(crate) fn quantities(&self) -> Vec<Quantity> {
        let is_there = |quantity: &Quantity| {
            let mut rows = self.rows.iter();
            rows.any(|row| row.medians.contains_key(quantity))
        };
        Quantity::ALL.into_iter().filter(is_there).collect()
    }

    /// The targets, for each of our libraries that meshes.
    pub(crate) fn verdicts(&self) -> Vec<(&str, Verdict)> {
        let ours = self.rows.iter().filter(|row| row.is_ours);
        ours.flat_map(|row| {
            let name = row.allocator.as_str();
            let judge = move |target: &super::target::Target| {
                let verdict = target.judge(name, |name, quantity| self.figure(name, quantity))?;
                Some((name, verdict))
            };
            self.experiment.targets.iter().filter_map(judge)
        })
        .collect()
    }
}

impl Row {
    fn empty(allocator: &Allocator) -> Self {
        Self {
            allocator: allocator.name.clone(),
            is_ours: allocator.role == Role::Ours,
            medians: BTreeMap::new(),
            trials: Vec::new(),
        }
    }
}

/// The median of each figure, over the trials that have it.
fn medians(trials: &[Trial]) -> BTreeMap<Quantity, f64> {
    let of = |quantity: Quantity| {
        let values: Vec<f64> = trials
            .iter()
            .filter_map(|trial| trial.figures.get(&quantity).copied())
            .collect();
        Some((quantity, median(&values)?))
    };
    Quantity::ALL.into_iter().filter_map(of).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::course::{Course, Sample};

    /// Two samples with the given charges, and a pause.
    fn trial(charges: [u64; 2], pause_s: Option<f64>) -> Trial {
        let sample = |(at_s, bytes): (f64, u64)| Sample {
            at_s,
            mapped: None,
            charged: Some(bytes << 20),
        };
        let [first, last] = charges;
        let memory = Course::of([(0.0, first), (2.0, last)].map(sample).to_vec()).unwrap();
        let pause = pause_s.map(|seconds| (Quantity::Pause, seconds));
        Trial::new(memory, vec![(1.0, 1e6)], pause)
    }

    /// Results of the first experiment under two names.
    pub(crate) fn results() -> Results {
        let glibc = Allocator::named("glibc").unwrap();
        let trials = vec![
            (0, trial([10, 3], None)),
            (1, trial([10, 1], Some(0.5))),
            (0, trial([10, 5], None)),
        ];
        Results::of(
            &super::super::ALL[0],
            &[glibc.clone(), glibc.canary()],
            trials,
        )
    }

    #[test]
    fn medians_are_of_the_trials_of_one_allocator() {
        let results = results();
        assert_eq!(
            results.figure("glibc", Quantity::Final),
            Some(f64::from(4 << 20))
        );
        assert_eq!(results.figure("glibc", Quantity::Pause), None);
        assert_eq!(results.figure("glibc again", Quantity::Pause), Some(0.5));
        assert_eq!(results.rows[0].trials.len(), 2);
    }

    #[test]
    fn only_what_was_measured_gets_a_column() {
        let quantities = results().quantities();
        assert_eq!(
            quantities,
            [
                Quantity::Mean,
                Quantity::Peak,
                Quantity::Final,
                Quantity::Pause
            ]
        );
    }

    #[test]
    fn peers_have_no_targets() {
        assert!(results().verdicts().is_empty());
    }
}
