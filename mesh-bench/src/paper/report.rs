//! Tables on the terminal.

use super::summary::Results;
use crate::site::Scale;
use crate::table;
use comfy_table::Table;

/// What all tables have in common.
pub(crate) fn print_preface(repeat: u16, scale: Scale, charged: bool) {
    let account = if charged {
        "charge of the control group"
    } else {
        "Pss + page tables"
    };
    let work = match scale {
        Scale::Full => "",
        Scale::Quick => "a tenth of the work; ",
    };
    println!("{work}medians of {repeat}; MiB of physical memory over time: {account}\n");
}

/// The table of one experiment, and the targets below it; those hold for whole runs only.
pub(crate) fn print(results: &Results, scale: Scale) {
    let experiment = results.experiment;
    println!("{}: {}\n", experiment.name, experiment.about);
    println!("{}\n", figures(results));
    if scale == Scale::Quick {
        return;
    }
    let verdicts = results.verdicts();
    for (name, verdict) in &verdicts {
        let mark = if verdict.is_met() { "met" } else { "NOT met" };
        println!("{name}, {verdict}: {mark}");
    }
    if !verdicts.is_empty() {
        println!();
    }
}

fn figures(results: &Results) -> Table {
    let quantities = results.quantities();
    let heads: Vec<String> = quantities.iter().map(|one| one.head()).collect();
    let mut header = vec!["allocator"];
    header.extend(heads.iter().map(String::as_str));
    let mut figures = table::new(1, &header);
    for row in &results.rows {
        let values = quantities
            .iter()
            .map(|quantity| quantity.show(row.medians.get(quantity).copied()));
        figures.add_row(std::iter::once(row.allocator.clone()).chain(values));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::results;
    use super::*;

    #[test]
    fn each_allocator_has_a_row_and_a_missing_figure_a_dash() {
        let text = figures(&results()).to_string();
        let lines: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            lines[0],
            [
                "allocator",
                "mean",
                "peak",
                "final",
                "longest",
                "pause",
                "ms"
            ]
        );
        assert_eq!(lines[1], ["glibc", "10.0", "10.0", "4.0", "–"]);
        assert_eq!(lines[2], ["glibc", "again", "10.0", "10.0", "1.0", "500.0"]);
    }
}
