//! Medians over repetitions, ratios to the best peer, geometric means over workloads.

use super::record::MeasuredRun;
use crate::allocators::{Allocator, Role};
use crate::statistics::{geometric_mean, median, relative_spread};

/// A figure of one allocator in one workload.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Figure {
    /// The median; `None` when there was no run.
    pub(crate) median: Option<f64>,
    /// The median over the smallest median of a peer.
    pub(crate) ratio: Option<f64>,
    /// The relative spread of the runs.
    pub(crate) spread: Option<f64>,
}

/// The figures of one allocator in one workload.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The allocator.
    pub(crate) allocator: String,
    /// CPU time in seconds.
    pub(crate) cpu: Figure,
    /// Wall time in seconds.
    pub(crate) wall: Figure,
    /// Peak physical memory in bytes.
    pub(crate) peak: Figure,
    /// Mean physical memory in bytes.
    pub(crate) mean: Figure,
    /// Page faults.
    pub(crate) faults: Figure,
    /// Instructions.
    pub(crate) instructions: Figure,
}

/// The rows of one workload, in the order of the allocators.
pub(crate) fn rows(workload: &str, allocators: &[Allocator], records: &[MeasuredRun]) -> Vec<Row> {
    let figures = |figure: fn(&MeasuredRun) -> Option<f64>| {
        let of_each = allocators.iter().map(|allocator| {
            let own = |record: &&MeasuredRun| {
                record.workload == workload && record.allocator == allocator.name
            };
            (
                allocator.role,
                records.iter().filter(own).filter_map(figure).collect(),
            )
        });
        against_best_peer(&of_each.collect::<Vec<_>>())
    };
    let cpu = figures(|record| Some(record.cpu_s()));
    let wall = figures(|record| Some(record.wall_s));
    let peak = figures(|record| Some(record.peak_bytes as f64));
    let mean = figures(|record| record.mean_bytes);
    let faults = figures(|record| Some(record.faults as f64));
    let instructions = figures(|record| record.instructions.map(|count| count as f64));
    let row = |(index, allocator): (usize, &Allocator)| Row {
        allocator: allocator.name.clone(),
        cpu: cpu[index],
        wall: wall[index],
        peak: peak[index],
        mean: mean[index],
        faults: faults[index],
        instructions: instructions[index],
    };
    allocators.iter().enumerate().map(row).collect()
}

/// Medians, and ratios to the smallest median of a peer; of all but the canary where no peer ran.
fn against_best_peer(runs: &[(Role, Vec<f64>)]) -> Vec<Figure> {
    let least = |wanted: fn(Role) -> bool| {
        let medians = runs
            .iter()
            .filter(|(role, _)| wanted(*role))
            .filter_map(|(_, runs)| median(runs));
        medians.min_by(f64::total_cmp)
    };
    let best = least(|role| role == Role::Peer).or_else(|| least(|role| role != Role::Canary));
    runs.iter()
        .map(|(_, runs)| {
            let middle = median(runs);
            let ratio = middle
                .zip(best)
                .filter(|(_, best)| *best > 0.0)
                .map(|(middle, best)| middle / best);
            Figure {
                median: middle,
                ratio,
                spread: relative_spread(runs),
            }
        })
        .collect()
}

/// Geometric means of one allocator's ratios.
#[derive(Clone, Debug)]
pub(crate) struct Overall {
    /// The allocator.
    pub(crate) allocator: String,
    /// How many workloads it went through.
    pub(crate) workloads: usize,
    /// Of CPU time.
    pub(crate) cpu: Option<f64>,
    /// Of wall time.
    pub(crate) wall: Option<f64>,
    /// Of peak memory.
    pub(crate) peak: Option<f64>,
    /// Of mean memory.
    pub(crate) mean: Option<f64>,
}

/// The geometric means over `tables`, the rows of each workload.
pub(crate) fn overall(allocators: &[Allocator], tables: &[&[Row]]) -> Vec<Overall> {
    let of = |(index, allocator): (usize, &Allocator)| {
        let ratios = |figure: fn(&Row) -> Figure| -> Vec<f64> {
            tables
                .iter()
                .filter_map(|rows| figure(&rows[index]).ratio)
                .collect()
        };
        let cpu = ratios(|row| row.cpu);
        Overall {
            allocator: allocator.name.clone(),
            workloads: cpu.len(),
            cpu: geometric_mean(&cpu),
            wall: geometric_mean(&ratios(|row| row.wall)),
            peak: geometric_mean(&ratios(|row| row.peak)),
            mean: geometric_mean(&ratios(|row| row.mean)),
        }
    };
    allocators.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_peer_is_the_yardstick() {
        let runs = [
            (Role::Ours, vec![1.0, 1.0, 9.0]),
            (Role::Peer, vec![4.0]),
            (Role::Peer, vec![2.0]),
            (Role::Canary, vec![0.5]),
        ];
        let figures = against_best_peer(&runs);
        let ratios: Vec<_> = figures.iter().map(|figure| figure.ratio).collect();
        assert_eq!(ratios, [Some(0.5), Some(2.0), Some(1.0), Some(0.25)]);
        assert_eq!(figures[0].median, Some(1.0));
    }

    #[test]
    fn without_peers_the_best_of_the_others_is() {
        let figures = against_best_peer(&[
            (Role::Ours, vec![3.0]),
            (Role::Ours, vec![6.0]),
            (Role::Canary, vec![1.0]),
        ]);
        assert_eq!(figures[1].ratio, Some(2.0));
    }

    #[test]
    fn an_allocator_that_failed_has_no_figures() {
        let figures = against_best_peer(&[(Role::Peer, vec![]), (Role::Peer, vec![6.0])]);
        assert_eq!(figures[0], Figure::default());
        assert_eq!(figures[1].ratio, Some(1.0));
    }

    #[test]
    fn means_are_over_the_workloads_that_ran() {
        let allocator = Allocator::named("glibc").unwrap();
        let row = |ratio| {
            let figure = Figure {
                median: Some(1.0),
                ratio,
                spread: None,
            };
            Row {
                allocator: "glibc".into(),
                cpu: figure,
                wall: figure,
                peak: figure,
                mean: figure,
                faults: figure,
                instructions: figure,
            }
        };
        let rows = [row(Some(2.0)), row(Some(8.0)), row(None)];
        let tables: Vec<&[Row]> = rows.chunks(1).collect();
        let all = overall(&[allocator], &tables);
        assert_eq!(all[0].workloads, 2);
        assert!((all[0].cpu.unwrap() - 4.0).abs() < 1e-12);
    }
}
