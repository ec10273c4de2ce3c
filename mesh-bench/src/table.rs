//! Tables on the terminal.

use crate::bytes::Mebibytes;
use comfy_table::{CellAlignment, Table, presets};

/// A table with `header`: the first `labels` columns hold words, the others numbers.
pub(crate) fn new(labels: usize, header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index >= labels {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A number with `decimals`, or a dash when there is none.
pub(crate) fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.decimals$}"))
}

/// Bytes as mebibytes, or a dash when there are none.
pub(crate) fn mebibytes(bytes: Option<f64>) -> String {
    bytes.map_or_else(|| "–".into(), |bytes| Mebibytes(bytes).to_string())
}

/// A share as a percentage, or a dash when there is none.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".into(), |share| format!("{:.1}%", share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right() {
        let mut table = new(1, &["name", "value"]);
        table.add_row(["a", "1"]).add_row(["b", "1000"]);
        let text = table.to_string();
        let lines: Vec<_> = text.lines().map(str::trim_end).collect();
        assert!(
            lines[1].starts_with('a') && lines[1].ends_with("    1"),
            "{text}"
        );
    }

    #[test]
    fn a_missing_number_is_a_dash() {
        assert_eq!(number(None, 2), "–");
        assert_eq!(number(Some(1.25), 1), "1.2");
        assert_eq!(mebibytes(None), "–");
        assert_eq!(percent(Some(0.5)), "50.0%");
    }
}
