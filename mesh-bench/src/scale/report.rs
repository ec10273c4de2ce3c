//! The figures as tables.

use super::row::{Model, Row};
use crate::table;

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
