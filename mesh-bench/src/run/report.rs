//! The tables, on the terminal or elsewhere.

use super::summary::{Figure, Overall, Row};
use crate::bytes::Mebibytes;
use crate::table;

/// What the signs of the tables mean.
pub(crate) const LEGEND: &str = "×: over the best peer's median (mesh and `again` are no peers); ±: median distance from the median";

/// A table of words: the first column has names, the others numbers.
#[derive(Debug)]
pub(crate) struct Cells {
    /// One name for each column.
    pub(crate) header: Vec<&'static str>,
    /// As long as the header, each.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Cells {
    /// Prints it for a terminal.
    pub(crate) fn print(&self) {
        let mut figures = table::new(1, &self.header);
        for row in &self.rows {
            figures.add_row(row);
        }
        println!("{figures}");
    }
}

/// The rows of one workload. Instructions are a column only where some were counted.
pub(crate) fn workload(rows: &[Row]) -> Cells {
    let counted = rows.iter().any(|row| row.instructions.median.is_some());
    let mut header = vec![
        "allocator",
        "CPU s",
        "×",
        "±",
        "wall s",
        "×",
        "peak MiB",
        "×",
        "±",
        "mean MiB",
        "×",
        "faults",
    ];
    if counted {
        header.extend(["instructions M", "×"]);
    }
    let cells = |row: &Row| {
        let mut cells = vec![
            row.allocator.clone(),
            table::number(row.cpu.median, 3),
            ratio(row.cpu),
            table::percent(row.cpu.spread),
            table::number(row.wall.median, 3),
            ratio(row.wall),
            mebibytes(row.peak),
            ratio(row.peak),
            table::percent(row.peak.spread),
            mebibytes(row.mean),
            ratio(row.mean),
            table::number(row.faults.median, 0),
        ];
        if counted {
            let millions = row.instructions.median.map(|count| count / 1e6);
            cells.extend([table::number(millions, 1), ratio(row.instructions)]);
        }
        cells
    };
    Cells {
        header,
        rows: rows.iter().map(cells).collect(),
    }
}

/// The geometric means.
pub(crate) fn overall(all: &[Overall]) -> Cells {
    let cells = |one: &Overall| {
        vec![
            one.allocator.clone(),
            table::number(one.cpu, 3),
            table::number(one.wall, 3),
            table::number(one.peak, 3),
            table::number(one.mean, 3),
            one.workloads.to_string(),
        ]
    };
    Cells {
        header: vec![
            "allocator",
            "CPU ×",
            "wall ×",
            "peak ×",
            "mean ×",
            "workloads",
        ],
        rows: all.iter().map(cells).collect(),
    }
}

fn ratio(figure: Figure) -> String {
    table::number(figure.ratio, 2)
}

fn mebibytes(figure: Figure) -> String {
    let shown = |bytes| Mebibytes(bytes).to_string();
    figure.median.map_or_else(|| table::number(None, 1), shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(instructions: Option<f64>) -> Row {
        let figure = |median| Figure {
            median,
            ..Figure::default()
        };
        Row {
            allocator: "glibc".into(),
            cpu: figure(Some(0.5)),
            wall: figure(Some(1.0)),
            peak: figure(Some((3 << 20) as f64)),
            mean: figure(None),
            faults: figure(Some(7.0)),
            instructions: figure(instructions),
        }
    }

    #[test]
    fn instructions_are_a_column_where_they_were_counted() {
        let without = workload(&[row(None)]);
        assert!(!without.header.contains(&"instructions M"));
        let with = workload(&[row(None), row(Some(2.5e6))]);
        assert!(with.header.contains(&"instructions M"));
        for cells in [without, with] {
            assert!(cells.rows.iter().all(|row| row.len() == cells.header.len()));
        }
    }

    #[test]
    fn what_was_not_measured_is_a_dash() {
        let cells = workload(&[row(None)]);
        let at = |name| {
            cells
                .header
                .iter()
                .position(|&column| column == name)
                .unwrap()
        };
        assert_eq!(cells.rows[0][at("peak MiB")], "3.0");
        assert_eq!(cells.rows[0][at("mean MiB")], "–");
    }
}
