//! The medians of an allocator's trials, and what is asked of ours.

use super::trial::Trial;
use crate::statistics::median;
use anyhow::{Context, Result, bail};

/// Medians over trials; memory is physical, in bytes.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Summary {
    /// The allocator.
    pub(crate) allocator: String,
    /// How many trials.
    pub(crate) trials: usize,
    /// Seconds of both insertions.
    pub(crate) insert_s: f64,
    /// CPU time of the server, seconds.
    pub(crate) cpu_s: f64,
    /// Mean over time.
    pub(crate) mean_bytes: f64,
    /// Highest.
    pub(crate) peak_bytes: f64,
    /// After the idle time.
    pub(crate) final_bytes: f64,
    /// The part of it that `Pss` plus page tables show.
    pub(crate) final_mapped: Option<f64>,
    /// What Redis thinks it uses.
    pub(crate) used_memory: f64,
    /// Keys that are left.
    pub(crate) keys: f64,
}

impl Summary {
    /// Of all trials of one allocator; `None` without trials.
    pub(crate) fn of(allocator: &str, trials: &[&Trial]) -> Option<Self> {
        let middle = |figure: fn(&Trial) -> f64| {
            median(&trials.iter().map(|trial| figure(trial)).collect::<Vec<_>>())
        };
        let mapped: Vec<f64> = trials
            .iter()
            .filter_map(|trial| Some(trial.final_mapped? as f64))
            .collect();
        Some(Self {
            allocator: allocator.into(),
            trials: trials.len(),
            insert_s: middle(|trial| trial.insert_s)?,
            cpu_s: middle(|trial| trial.cpu_s)?,
            mean_bytes: middle(|trial| trial.memory.mean_bytes)?,
            peak_bytes: middle(|trial| trial.memory.peak_bytes as f64)?,
            final_bytes: middle(|trial| trial.memory.final_bytes as f64)?,
            final_mapped: median(&mapped),
            used_memory: middle(|trial| trial.used_memory as f64)?,
            keys: middle(|trial| trial.keys as f64)?,
        })
    }
}

/// What meshing has to save of the memory without it.
const SAVED: f64 = 0.25;

/// An error unless mesh ends at least a quarter below itself without meshing, and not above jemalloc.
pub(crate) fn check(summaries: &[Summary]) -> Result<()> {
    let last = |name: &str| {
        let found = summaries.iter().find(|summary| summary.allocator == name);
        found
            .map(|summary| summary.final_bytes)
            .with_context(|| format!("--check needs {name}"))
    };
    let (mesh, without, jemalloc) = (last("mesh")?, last("mesh-nomesh")?, last("jemalloc")?);
    let saved = 1.0 - mesh / without;
    if saved < SAVED {
        bail!(
            "mesh saves {:.1}% of mesh-nomesh, asked for {:.0}%",
            saved * 100.0,
            SAVED * 100.0
        );
    }
    if mesh > jemalloc {
        bail!(
            "mesh ends {:.1}% above jemalloc",
            (mesh / jemalloc - 1.0) * 100.0
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Course;

    fn trial(final_bytes: u64) -> Trial {
        Trial {
            insert_s: 1.0,
            evicted_s: 1.0,
            cpu_s: 1.0,
            final_mapped: None,
            used_memory: 1,
            keys: 1,
            keys_of_phases: Vec::new(),
            pause_s: None,
            memory: Course {
                mean_bytes: 1.0,
                peak_bytes: 1,
                final_bytes,
                samples: Vec::new(),
            },
        }
    }

    fn finals(mesh: u64, without: u64, jemalloc: u64) -> Vec<Summary> {
        [
            ("mesh", mesh),
            ("mesh-nomesh", without),
            ("jemalloc", jemalloc),
        ]
        .iter()
        .filter_map(|(name, bytes)| Summary::of(name, &[&trial(*bytes)]))
        .collect()
    }

    #[test]
    fn medians_are_taken_over_the_trials() {
        let trials = [trial(5), trial(100), trial(7)];
        let summary = Summary::of("a", &trials.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!((summary.final_bytes, summary.trials), (7.0, 3));
        assert_eq!(Summary::of("a", &[]), None);
    }

    #[test]
    fn both_limits_are_checked() {
        assert!(check(&finals(75, 100, 75)).is_ok());
        assert!(
            check(&finals(76, 100, 100))
                .unwrap_err()
                .to_string()
                .contains("24.0%")
        );
        assert!(
            check(&finals(70, 100, 69))
                .unwrap_err()
                .to_string()
                .contains("above jemalloc")
        );
        assert!(
            check(&finals(70, 100, 80)[..2])
                .unwrap_err()
                .to_string()
                .contains("needs jemalloc")
        );
    }
}
