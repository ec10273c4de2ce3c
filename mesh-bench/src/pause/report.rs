//! The figures as a table, or as JSON.

use super::outcome::{Kind, Outcome, Times, microseconds, of_meshing};
use super::plan::Plan;
use crate::bytes::Mebibytes;
use crate::table;
use anyhow::Result;
use serde::Serialize;

/// All processes of one allocator.
pub(crate) struct Row {
    pub(crate) allocator: String,
    pub(crate) outcomes: Vec<Outcome>,
}

/// Two tables: the times of each kind of operation, and what the library did meanwhile.
pub(crate) fn print(plan: &Plan, rows: &[Row]) {
    println!(
        "{} threads, {} MiB in objects of {} bytes, {} kept, {} s",
        plan.threads,
        Mebibytes(plan.heap as f64),
        plan.size,
        table::percent(Some(plan.keep)),
        plan.seconds
    );
    println!(
        "microseconds; alone: the maximum of operations without an involuntary context switch; medians over processes\n"
    );
    println!("{}\n\n{}", times(rows), meshing(rows));
}

fn times(rows: &[Row]) -> comfy_table::Table {
    let header = [
        "operation",
        "allocator",
        "count",
        "p50",
        "p99",
        "p99.9",
        "max",
        "alone",
    ];
    let mut table = table::new(2, &header);
    for kind in Kind::ALL {
        for Row {
            allocator,
            outcomes,
        } in rows
        {
            let at = |pick: fn(&Times) -> u64, decimals| {
                table::number(microseconds(outcomes, kind, pick), decimals)
            };
            let count = microseconds(outcomes, kind, |times| times.count * 1000);
            table.add_row([
                kind.name().into(),
                allocator.clone(),
                table::number(count, 0),
                at(|times| times.p50_ns, 2),
                at(|times| times.p99_ns, 2),
                at(|times| times.p999_ns, 1),
                at(|times| times.max_ns, 0),
                at(|times| times.undisturbed_max_ns, 0),
            ]);
        }
    }
    table
}

fn meshing(rows: &[Row]) -> comfy_table::Table {
    let mut table = table::new(1, &["allocator", "meshes", "cycles", "longest hold"]);
    for Row {
        allocator,
        outcomes,
    } in rows
    {
        let hold = of_meshing(outcomes, |meshing| meshing.longest_hold_ns);
        table.add_row([
            allocator.clone(),
            table::number(of_meshing(outcomes, |meshing| meshing.mesh_count), 0),
            table::number(of_meshing(outcomes, |meshing| meshing.cycles), 0),
            table::number(hold.map(|nanoseconds| nanoseconds / 1e3), 0),
        ]);
    }
    table
}

#[derive(Serialize)]
struct Line<'a> {
    allocator: &'a str,
    plan: &'a Plan,
    outcomes: &'a [Outcome],
}

/// One line of JSON for each allocator.
pub(crate) fn print_json(plan: &Plan, rows: &[Row]) -> Result<()> {
    for row in rows {
        let line = Line {
            allocator: &row.allocator,
            plan,
            outcomes: &row.outcomes,
        };
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}
