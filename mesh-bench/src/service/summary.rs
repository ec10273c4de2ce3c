//! The trials of each allocator, and their medians.

use super::phase::Trial;
use crate::allocators::Allocator;
use crate::statistics::median;
use std::collections::BTreeMap;

/// What a column can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Memory at the end.
    End,
    /// The kernel's part of it.
    Kernel,
    /// Mean memory over time.
    Mean,
    /// Highest memory.
    Peak,
    /// CPU time in seconds.
    Cpu,
    /// Requests, jobs or transactions per second.
    Rate,
}

impl Quantity {
    const ALL: [Self; 6] = [
        Self::End,
        Self::Kernel,
        Self::Mean,
        Self::Peak,
        Self::Cpu,
        Self::Rate,
    ];

    fn identifier(self) -> &'static str {
        match self {
            Self::End => "end_bytes",
            Self::Kernel => "kernel_bytes",
            Self::Mean => "mean_bytes",
            Self::Peak => "peak_bytes",
            Self::Cpu => "cpu_s",
            Self::Rate => "rate",
        }
    }

    /// Its name among the figures of a phase, or of the whole trial.
    pub(crate) fn key(self, phase: Option<&str>) -> String {
        match phase {
            Some(phase) => format!("{phase}_{}", self.identifier()),
            None => self.identifier().to_owned(),
        }
    }

    fn of(self, trial: &Trial, phase: Option<&str>) -> Option<f64> {
        let Some(name) = phase else {
            return match self {
                Self::End => Some(trial.memory.final_bytes as f64),
                Self::Mean => Some(trial.memory.mean_bytes),
                Self::Peak => Some(trial.memory.peak_bytes as f64),
                Self::Cpu => Some(trial.cpu_s),
                Self::Kernel | Self::Rate => None,
            };
        };
        let phase = trial.phase(name)?;
        match self {
            Self::End => Some(phase.end_bytes as f64),
            Self::Kernel => phase.kernel_bytes.map(|bytes| bytes as f64),
            Self::Mean => Some(phase.mean_bytes),
            Self::Peak => Some(phase.peak_bytes as f64),
            Self::Cpu => Some(phase.cpu_s),
            Self::Rate => phase.rate,
        }
    }
}

/// All that was seen of one kind of server.
pub(crate) struct Results {
    /// Its name.
    pub(crate) service: &'static str,
    /// In the order of the allocators.
    pub(crate) rows: Vec<Row>,
}

/// The trials of one allocator.
pub(crate) struct Row {
    /// The allocator.
    pub(crate) allocator: String,
    /// In the order of time.
    pub(crate) trials: Vec<Trial>,
    /// By [`Quantity::key`].
    pub(crate) medians: BTreeMap<String, f64>,
}

impl Results {
    /// Of trials that carry the index of their allocator.
    pub(crate) fn new<'a>(
        service: &'static str,
        allocators: &[Allocator],
        trials: impl Iterator<Item = (usize, &'a Trial)> + Clone,
    ) -> Self {
        let row = |(index, allocator): (usize, &Allocator)| {
            let own = trials.clone().filter(|(of, _)| *of == index);
            Row::new(
                &allocator.name,
                own.map(|(_, trial)| trial.clone()).collect(),
            )
        };
        Self {
            service,
            rows: allocators.iter().enumerate().map(row).collect(),
        }
    }
}

impl Row {
    /// The row with the medians of all figures that there are.
    pub(crate) fn new(allocator: &str, trials: Vec<Trial>) -> Self {
        let phases = trials.iter().flat_map(|trial| &trial.phases);
        let names = phases.map(|phase| Some(phase.name));
        let mut medians = BTreeMap::new();
        for phase in names.chain([None]) {
            for quantity in Quantity::ALL {
                let values: Vec<f64> = trials
                    .iter()
                    .filter_map(|trial| quantity.of(trial, phase))
                    .collect();
                if let Some(middle) = median(&values) {
                    medians.insert(quantity.key(phase), middle);
                }
            }
        }
        Self {
            allocator: allocator.to_owned(),
            trials,
            medians,
        }
    }

    /// A median.
    pub(crate) fn median(&self, quantity: Quantity, phase: Option<&str>) -> Option<f64> {
        self.medians.get(&quantity.key(phase)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::phase::tests::trial;
    use super::*;

    #[test]
    fn medians_are_taken_of_each_phase_and_of_the_whole() {
        let row = Row::new("a", vec![trial(5, 1.0), trial(100, 4.0), trial(7, 2.0)]);
        assert_eq!(row.median(Quantity::End, Some("idle")), Some(7.0));
        assert_eq!(row.median(Quantity::End, None), Some(7.0));
        assert_eq!(row.median(Quantity::Rate, Some("steady")), Some(2.0));
        assert_eq!(row.median(Quantity::Rate, Some("idle")), None);
        assert_eq!(row.median(Quantity::Kernel, Some("idle")), None);
        assert_eq!(row.median(Quantity::Cpu, None), Some(1.25));
        assert_eq!(row.median(Quantity::Cpu, Some("none")), None);
    }

    #[test]
    fn each_allocator_gets_its_own_trials() {
        let glibc = Allocator::named("glibc").unwrap();
        let trials = [(1, trial(5, 1.0)), (0, trial(9, 1.0)), (1, trial(7, 1.0))];
        let of = trials.iter().map(|(index, trial)| (*index, trial));
        let results = Results::new("web", &[glibc.clone(), glibc.canary()], of);
        let counts: Vec<usize> = results.rows.iter().map(|row| row.trials.len()).collect();
        assert_eq!(counts, [1, 2]);
        assert_eq!(results.rows[1].allocator, "glibc again");
    }
}
