//! Tables of the medians.

use super::summary::{Quantity, Results, Row};
use crate::table;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    head: &'static str,
    quantity: Quantity,
    phase: Option<&'static str>,
    over_yardstick: bool,
}

/// What ratios are taken to.
const YARDSTICK: &str = "glibc";

impl Column {
    /// A figure of a phase.
    pub(crate) const fn of(head: &'static str, quantity: Quantity, phase: &'static str) -> Self {
        Self {
            head,
            quantity,
            phase: Some(phase),
            over_yardstick: false,
        }
    }

    /// A figure of the whole trial.
    pub(crate) const fn whole(head: &'static str, quantity: Quantity) -> Self {
        Self {
            head,
            quantity,
            phase: None,
            over_yardstick: false,
        }
    }

    /// The same figure over that of glibc.
    pub(crate) const fn ratio(self, head: &'static str) -> Self {
        Self {
            head,
            over_yardstick: true,
            ..self
        }
    }

    fn value(&self, row: &Row) -> Option<f64> {
        row.median(self.quantity, self.phase)
    }

    fn show(&self, row: &Row, yardstick: Option<&Row>) -> String {
        let value = self.value(row);
        if self.over_yardstick {
            let of = yardstick.and_then(|yardstick| self.value(yardstick));
            return table::number(value.zip(of).map(|(value, of)| value / of), 2);
        }
        match self.quantity {
            Quantity::End | Quantity::Kernel | Quantity::Mean | Quantity::Peak => {
                table::mebibytes(value)
            }
            Quantity::Cpu => table::number(value, 2),
            Quantity::Rate => table::number(value, 1),
        }
    }
}

/// Prints one of the tables, with a title.
pub(crate) fn print(title: &str, results: &Results, columns: &[Column]) {
    println!("{title}\n{}\n", figures(results, columns));
}

fn figures(results: &Results, columns: &[Column]) -> comfy_table::Table {
    let heads: Vec<&str> = std::iter::once("allocator")
        .chain(columns.iter().map(|column| column.head))
        .collect();
    let yardstick = results.rows.iter().find(|row| row.allocator == YARDSTICK);
    let mut table = table::new(1, &heads);
    for row in &results.rows {
        let cells = columns.iter().map(|column| column.show(row, yardstick));
        table.add_row(std::iter::once(row.allocator.clone()).chain(cells));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::phase::tests::trial;
    use super::*;

    fn cells(of: &Results, columns: &[Column]) -> Vec<Vec<String>> {
        let table = figures(of, columns).to_string();
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
        table.lines().map(words).collect()
    }

    #[test]
    fn columns_are_figures_and_ratios() {
        let row = |name: &str, end, rate| Row::new(name, vec![trial(end, rate)]);
        let mut results = Results {
            service: "web",
            rows: vec![row("mesh", 3 << 20, 9.0), row("glibc", 6 << 20, 10.0)],
        };
        const RATE: Column = Column::of("tps", Quantity::Rate, "steady");
        let columns = [
            Column::of("idle", Quantity::End, "idle"),
            Column::whole("peak", Quantity::Peak),
            RATE,
            RATE.ratio("/glibc"),
        ];
        let expected = [
            ["allocator", "idle", "peak", "tps", "/glibc"],
            ["mesh", "3.0", "9.0", "9.0", "0.90"],
            ["glibc", "6.0", "9.0", "10.0", "1.00"],
        ];
        assert_eq!(cells(&results, &columns), expected);
        results.rows.pop();
        assert_eq!(cells(&results, &columns)[1][4], "–");
    }
}
