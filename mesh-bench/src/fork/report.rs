//! The figures as a table, or as JSON.

use super::outcome::{Figures, Outcome};
use super::plan::Plan;
use crate::bytes::Mebibytes;
use crate::table;
use anyhow::Result;
use serde::Serialize;

/// All processes of one allocator over one plan.
pub(crate) struct Row {
    pub(crate) allocator: String,
    pub(crate) outcomes: Vec<Outcome>,
}

/// What times are divided by.
const YARDSTICK: &str = "jemalloc";

/// A table for each plan.
pub(crate) fn print(plan: &Plan, rows: &[Row]) {
    let size = Mebibytes(plan.heap as f64);
    let of = plan.size;
    if plan.fragments() {
        let kept = table::percent(Some(plan.keep));
        println!("{size} MiB in objects of {of} bytes, {kept} kept, then malloc_trim(0)");
    } else {
        println!("{size} MiB in objects of {of} bytes, all live");
    }
    println!("{}\n", figures(rows));
}

fn figures(rows: &[Row]) -> comfy_table::Table {
    let figures: Vec<Figures> = rows.iter().map(|row| Figures::of(&row.outcomes)).collect();
    let yardstick = rows
        .iter()
        .position(|row| row.allocator == YARDSTICK)
        .and_then(|index| figures[index].parent_ms);
    let header = [
        "allocator",
        "parent ms",
        "/ jemalloc",
        "child ms",
        "first write ms",
        "heap MiB",
        "shared MiB",
        "mappings",
        "growth MiB",
    ];
    let mut table = table::new(1, &header);
    for (row, figure) in rows.iter().zip(&figures) {
        let ratio = figure.parent_ms.zip(yardstick).map(|(own, of)| own / of);
        let mebibytes =
            |bytes: Option<f64>| table::number(bytes.map(|bytes| bytes / (1 << 20) as f64), 1);
        table.add_row([
            row.allocator.clone(),
            table::number(figure.parent_ms, 2),
            table::number(ratio, 2),
            table::number(figure.child_ms, 2),
            table::number(figure.written_ms, 2),
            mebibytes(figure.before),
            mebibytes(figure.shared),
            table::number(figure.mappings, 0),
            mebibytes(figure.growth),
        ]);
    }
    table
}

/// What the columns mean.
pub(crate) fn print_legend() {
    println!(
        "parent, child: from the call of fork until it returns there; first write: until the child has written to an object"
    );
    println!(
        "growth: what the control group is charged for more while the child waits after that; medians"
    );
}

#[derive(Serialize)]
struct Line<'a> {
    allocator: &'a str,
    plan: &'a Plan,
    figures: Figures,
    outcomes: &'a [Outcome],
}

/// One line of JSON for each allocator.
pub(crate) fn print_json(plan: &Plan, rows: &[Row]) -> Result<()> {
    for row in rows {
        let line = Line {
            allocator: &row.allocator,
            plan,
            figures: Figures::of(&row.outcomes),
            outcomes: &row.outcomes,
        };
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Sample;
    use super::*;

    fn row(allocator: &str, parent_ns: u64) -> Row {
        let sample = Sample {
            parent_ns,
            ..Sample::default()
        };
        Row {
            allocator: allocator.into(),
            outcomes: vec![Outcome {
                samples: vec![sample],
                ..Outcome::default()
            }],
        }
    }

    #[test]
    fn times_are_compared_with_jemalloc() {
        let text = figures(&[row("mesh", 3_000_000), row("jemalloc", 2_000_000)]).to_string();
        let mesh = text.lines().find(|line| line.starts_with("mesh")).unwrap();
        assert!(mesh.contains("3.00") && mesh.contains("1.50"), "{text}");
    }

    #[test]
    fn without_jemalloc_there_is_no_ratio() {
        let text = figures(&[row("mesh", 3_000_000)]).to_string();
        assert!(text.contains('–'), "{text}");
    }
}
