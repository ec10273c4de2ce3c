//! The figures as tables, or as JSON.

use super::count::Counted;
use super::lackey::Counts;
use super::pages::Seen;
use super::run::{Recorded, Seconds};
use super::simulate::Scaled;
use super::sites::Operation;
use crate::table;
use serde::Serialize;
use std::collections::BTreeMap;

/// All of one workload.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) workload: String,
    /// Objects of the recording, and holds of locks; those that were not recorded.
    objects: u64,
    holds: usize,
    lost_holds: u64,
    threads: usize,
    /// The share of times that were replaced by medians.
    replaced: f64,
    /// All times of all threads.
    work_s: f64,
    counts: Vec<Count>,
    /// Instructions for an object, where they were counted.
    instructions: Option<f64>,
    /// Holds that were not counted, since another thread had its turn in them.
    interrupted: Option<u64>,
    model: Vec<Model>,
    check: Option<Check>,
    /// By allocator.
    pub(crate) pages: Vec<(String, Seen)>,
}

/// One operation under one kind of lock.
#[derive(Debug, Serialize)]
struct Count {
    operation: Operation,
    holds_per_1000: f64,
    /// Of a hold in the middle.
    nanoseconds: f64,
    /// Of a hold in the mean, where they were counted.
    instructions: Option<f64>,
    lines: Option<f64>,
    /// Of all instructions for an object.
    share: Option<f64>,
}

/// The model, with locks split in so many.
#[derive(Debug, Serialize)]
struct Model {
    shards: usize,
    points: Vec<Point>,
}

/// The model at one number of processors.
#[derive(Debug, Serialize)]
struct Point {
    processors: usize,
    speedup: f64,
    waited: f64,
    transferred: f64,
    /// The locks that are held longest, and for which share of the time.
    busiest: Vec<(String, f64)>,
}

/// This machine with two processors.
#[derive(Debug, Serialize)]
struct Check {
    one_s: f64,
    two_s: f64,
    /// By medians, and by the runs that others disturbed least.
    measured: f64,
    undisturbed: f64,
    /// Twice the processor time of runs on one over that of runs on two: what would be without waits, were nobody else here.
    by_cpu: f64,
    predicted: Option<f64>,
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

/// What the figures depend on.
pub(crate) fn print_setting(transfer_ns: f64, length: f64) {
    println!("a line from one processor to another: {transfer_ns:.1} ns; length {length}\n");
}

/// All tables.
pub(crate) fn print(rows: &[Row], remote: f64) {
    println!("{}\n", recordings(rows));
    println!("{}\n", operations(rows));
    println!("{}\n\n{}", speedups(rows), locks(rows));
    if rows.iter().any(|row| row.check.is_some()) {
        println!("\n{}", checks(rows));
    }
    if rows.iter().any(|row| !row.pages.is_empty()) {
        println!("\n{}", pages(rows, remote));
    }
}

fn recordings(rows: &[Row]) -> comfy_table::Table {
    let header = [
        "recorded",
        "objects",
        "threads",
        "holds",
        "not recorded",
        "times replaced",
        "work, s",
        "instructions for an object",
    ];
    let mut table = table::new(1, &header);
    for row in rows {
        table.add_row([
            row.workload.clone(),
            row.objects.to_string(),
            row.threads.to_string(),
            row.holds.to_string(),
            row.lost_holds.to_string(),
            table::percent(Some(row.replaced)),
            table::number(Some(row.work_s), 3),
            table::number(row.instructions, 0),
        ]);
    }
    table
}

/// Operations that are less frequent are not printed.
const LEAST_HOLDS: f64 = 0.05;

fn operations(rows: &[Row]) -> comfy_table::Table {
    let header = [
        "counted",
        "lock",
        "operation",
        "holds per 1,000 objects",
        "median ns",
        "instructions",
        "lines written",
        "of all instructions",
    ];
    let mut table = table::new(3, &header);
    for row in rows {
        for count in row
            .counts
            .iter()
            .filter(|count| count.holds_per_1000 >= LEAST_HOLDS)
        {
            table.add_row([
                row.workload.clone(),
                count.operation.kind.to_string(),
                count.operation.name.clone(),
                table::number(Some(count.holds_per_1000), 2),
                table::number(Some(count.nanoseconds), 0),
                table::number(count.instructions, 0),
                table::number(count.lines, 1),
                count
                    .share
                    .map_or_else(|| "–".into(), |share| format!("{:.2}%", share * 1e2)),
            ]);
        }
    }
    table
}

/// The models of all workloads.
fn models(rows: &[Row]) -> impl Iterator<Item = (&Row, &Model)> {
    let of = |row| move |model| (row, model);
    rows.iter()
        .flat_map(move |row| row.model.iter().map(of(row)))
}

fn speedups(rows: &[Row]) -> comfy_table::Table {
    let mut header = vec![
        "speed-up by processors".to_owned(),
        "locks split in".to_owned(),
    ];
    if let Some((_, model)) = models(rows).next() {
        let numbers = model.points.iter();
        header.extend(numbers.map(|point| point.processors.to_string()));
    }
    let header: Vec<_> = header.iter().map(String::as_str).collect();
    let mut table = table::new(1, &header);
    for (row, model) in models(rows) {
        let mut cells = vec![row.workload.clone(), model.shards.to_string()];
        let speedups = model.points.iter();
        cells.extend(speedups.map(|point| table::number(Some(point.speedup), 1)));
        table.add_row(cells);
    }
    table
}

fn locks(rows: &[Row]) -> comfy_table::Table {
    let header = [
        "at the last of these",
        "the busiest locks, and the share of the time",
        "locks split in",
        "waited",
        "lines on the way",
    ];
    let mut table = table::new(2, &header);
    for (row, model) in models(rows) {
        let Some(point) = model.points.last() else {
            continue;
        };
        let named =
            |(name, share): &(String, f64)| format!("{name} {}", table::percent(Some(*share)));
        let busiest: Vec<_> = point.busiest.iter().map(named).collect();
        table.add_row([
            row.workload.clone(),
            busiest.join(", "),
            model.shards.to_string(),
            table::percent(Some(point.waited)),
            table::percent(Some(point.transferred)),
        ]);
    }
    table
}

fn checks(rows: &[Row]) -> comfy_table::Table {
    let header = [
        "checked here",
        "one processor, least s",
        "two",
        "speed-up of the least",
        "of medians",
        "by processor time",
        "the model's",
    ];
    let mut table = table::new(1, &header);
    for (row, check) in rows
        .iter()
        .filter_map(|row| Some((row, row.check.as_ref()?)))
    {
        table.add_row([
            row.workload.clone(),
            table::number(Some(check.one_s), 3),
            table::number(Some(check.two_s), 3),
            table::number(Some(check.undisturbed), 2),
            table::number(Some(check.measured), 2),
            table::number(Some(check.by_cpu), 2),
            table::number(check.predicted, 2),
        ]);
    }
    table
}

fn pages(rows: &[Row], remote: f64) -> comfy_table::Table {
    let line = format!("a line from memory costs, where a remote one costs {remote}");
    let header = [
        "blocks in pages that another thread wrote to first",
        "allocator",
        "blocks",
        "share",
        &line,
    ];
    let mut table = table::new(2, &header);
    for row in rows {
        for (allocator, seen) in &row.pages {
            let share = seen.elsewhere as f64 / seen.blocks.max(1) as f64;
            table.add_row([
                row.workload.clone(),
                allocator.clone(),
                seen.blocks.to_string(),
                table::percent(Some(share)),
                table::number(Some(1.0 + share / 2.0 * (remote - 1.0)), 3),
            ]);
        }
    }
    table
}
