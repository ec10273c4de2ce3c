//! The figures of a workload.

use super::count::Counted;
use super::lackey::Counts;
use super::pages::Seen;
use super::run::{Recorded, Seconds};
use super::simulate::Scaled;
use super::sites::Operation;
use serde::Serialize;
use std::collections::BTreeMap;

/// All of one workload.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) workload: String,
    /// Objects of the recording, and holds of locks; those that were not recorded.
    pub(super) objects: u64,
    pub(super) holds: usize,
    pub(super) lost_holds: u64,
    pub(super) threads: usize,
    /// The share of times that were replaced by medians.
    pub(super) replaced: f64,
    /// All times of all threads.
    pub(super) work_s: f64,
    pub(super) counts: Vec<Count>,
    /// Instructions for an object, where they were counted.
    pub(super) instructions: Option<f64>,
    /// Holds that were not counted, since another thread had its turn in them.
    pub(super) interrupted: Option<u64>,
    pub(super) model: Vec<Model>,
    pub(super) check: Option<Check>,
    /// By allocator.
    pub(crate) pages: Vec<(String, Seen)>,
}

/// One operation under one kind of lock.
#[derive(Debug, Serialize)]
pub(super) struct Count {
    pub(super) operation: Operation,
    pub(super) holds_per_1000: f64,
    /// Of a hold in the middle.
    pub(super) nanoseconds: f64,
    /// Of a hold in the mean, where they were counted.
    pub(super) instructions: Option<f64>,
    pub(super) lines: Option<f64>,
    /// Of all instructions for an object.
    pub(super) share: Option<f64>,
}

/// The model, with locks split in so many.
#[derive(Debug, Serialize)]
pub(super) struct Model {
    pub(super) shards: usize,
    pub(super) points: Vec<Point>,
}

/// The model at one number of processors.
#[derive(Debug, Serialize)]
pub(super) struct Point {
    pub(super) processors: usize,
    pub(super) speedup: f64,
    pub(super) waited: f64,
    pub(super) transferred: f64,
    /// The locks that are held longest, and for which share of the time.
    pub(super) busiest: Vec<(String, f64)>,
}

/// This machine with two processors.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) one_s: f64,
    pub(super) two_s: f64,
    /// By medians, and by the runs that others disturbed least.
    pub(super) measured: f64,
    pub(super) undisturbed: f64,
    /// Twice the processor time of runs on one over that of runs on two: what would be without waits, were nobody else here.
    pub(super) by_cpu: f64,
    pub(super) predicted: Option<f64>,
}

/// Locks that are named.
const BUSIEST: usize = 3;

impl Row {
    /// What was recorded and counted.
    pub(crate) fn of(workload: &str, recorded: &Recorded, counted: Option<&Counted>) -> Self {
        Self {
            workload: workload.into(),
            objects: recorded.objects,
            holds: recorded.holds,
            lost_holds: recorded.lost,
            threads: recorded.streams.threads.len(),
            replaced: recorded.streams.replaced,
            work_s: recorded.streams.work as f64 / 1e12,
            counts: counts(recorded, counted),
            instructions: counted.map(Counted::for_an_object),
            interrupted: counted.map(|counted| counted.interrupted),
            model: Vec::new(),
            check: None,
            pages: Vec::new(),
        }
    }

    /// What the model says of so many processors.
    pub(crate) fn scaled(
        &mut self,
        shards: usize,
        processors: &[usize],
        scaled: &[Scaled],
        locks: &[String],
    ) {
        let point = |(&processors, scaled): (&usize, &Scaled)| {
            let mut busiest: Vec<_> = locks
                .iter()
                .cloned()
                .zip(scaled.held.iter().copied())
                .collect();
            busiest.sort_by(|one, other| other.1.total_cmp(&one.1));
            busiest.truncate(BUSIEST);
            Point {
                processors,
                speedup: scaled.speedup,
                waited: scaled.waited,
                transferred: scaled.transferred,
                busiest,
            }
        };
        let points = processors.iter().zip(scaled).map(point).collect();
        self.model.push(Model { shards, points });
    }

    /// What this machine took on one processor and on two, and what the model says.
    pub(crate) fn checked(&mut self, [one, two]: [Seconds; 2], predicted: Option<&Scaled>) {
        self.check = Some(Check {
            one_s: one.least,
            two_s: two.least,
            measured: one.median / two.median,
            undisturbed: one.least / two.least,
            by_cpu: 2.0 * one.cpu / two.cpu,
            predicted: predicted.map(|scaled| scaled.speedup),
        });
    }
}

/// What is summed up of the sites of one operation.
#[derive(Default)]
struct Sum {
    holds: u64,
    nanoseconds: f64,
    counts: Counts,
}

/// One entry for each operation, however many sites it has; the most frequent first.
fn counts(recorded: &Recorded, counted: Option<&Counted>) -> Vec<Count> {
    let mut sums: BTreeMap<&Operation, Sum> = BTreeMap::new();
    for (site, (operation, holds, nanoseconds)) in &recorded.sites {
        let sum = sums.entry(operation).or_default();
        sum.holds += holds;
        // The mean of medians.
        sum.nanoseconds += nanoseconds * *holds as f64;
        if let Some(counts) = counted.and_then(|counted| counted.sites.get(site)) {
            sum.counts += *counts;
        }
    }
    let count = |(operation, sum): (&Operation, Sum)| {
        let holds = sum.holds as f64 / recorded.objects.max(1) as f64;
        let of_a_hold =
            |all: u64| (sum.counts.holds > 0).then(|| all as f64 / sum.counts.holds as f64);
        let instructions = of_a_hold(sum.counts.instructions);
        Count {
            operation: operation.clone(),
            holds_per_1000: holds * 1e3,
            nanoseconds: sum.nanoseconds / sum.holds as f64,
            instructions,
            lines: of_a_hold(sum.counts.lines),
            share: instructions
                .zip(counted)
                .map(|(each, counted)| each * holds / counted.for_an_object()),
        }
    };
    let mut counts: Vec<_> = sums.into_iter().map(count).collect();
    counts.sort_by(|one, other| other.holds_per_1000.total_cmp(&one.holds_per_1000));
    counts
}
