//! The tables on the terminal.

use super::summary::{Figure, Overall, Row};
use crate::bytes::Mebibytes;
use crate::table;

/// The rows of one workload.
pub(crate) fn print_workload(name: &str, about: &str, rows: &[Row]) {
    println!("{name}: {about}");
    let header = [
        "allocator",
        "CPU s",
        "×",
        "±",
        "wall s",
        "×",
        "peak MiB",
        "×",
        "±",
        "faults",
    ];
    let mut figures = table::new(1, &header);
    for row in rows {
        figures.add_row([
            row.allocator.clone(),
            table::number(row.cpu.median, 3),
            ratio(row.cpu),
            table::percent(row.cpu.spread),
            table::number(row.wall.median, 3),
            ratio(row.wall),
            row.peak.median.map_or_else(
                || table::number(None, 1),
                |bytes| Mebibytes(bytes).to_string(),
            ),
            ratio(row.peak),
            table::percent(row.peak.spread),
            table::number(row.faults.median, 0),
        ]);
    }
    println!("{figures}\n");
}

fn ratio(figure: Figure) -> String {
    table::number(figure.ratio, 2)
}

/// The geometric means.
pub(crate) fn print_overall(all: &[Overall]) {
    println!("geometric means of the ratios");
    let mut figures = table::new(1, &["allocator", "CPU ×", "wall ×", "peak ×", "workloads"]);
    for one in all {
        figures.add_row([
            one.allocator.clone(),
            table::number(one.cpu, 3),
            table::number(one.wall, 3),
            table::number(one.peak, 3),
            one.workloads.to_string(),
        ]);
    }
    println!("{figures}");
    println!(
        "×: over the best peer's median (mesh and `again` are no peers); ±: median distance from the median"
    );
}
