//! What was measured, as a table, as lines of JSON and as plots.

use super::case::Case;
use super::trial::Trial;
use crate::plot::{Line, Lines};
use crate::table::{self, number, percent};
use anyhow::Result;
use serde::Serialize;
use std::path::Path;

/// Prints one line for each case.
pub(super) fn print(cases: &[Case], spans: usize) {
    let mut table = table::new(
        0,
        &[
            "slots",
            "live",
            "bound",
            "long",
            "split",
            "ns/span",
            "passes",
            "split",
            "complement",
            "of bound",
            "ns/span",
            "steps/span",
            "of passes",
        ],
    );
    let nanoseconds = |trial: &Trial| format!("{:.0}", trial.time.as_nanos() as f64 / spans as f64);
    for case in cases {
        let ratio = (case.passes.released > 0)
            .then(|| case.complement.released as f64 / case.passes.released as f64);
        table.add_row([
            case.slots.to_string(),
            format!("{}%", case.percent),
            case.bound.to_string(),
            number(case.long.map(|pages| pages as f64), 0),
            case.split.released.to_string(),
            nanoseconds(&case.split),
            case.passes.passes.to_string(),
            case.passes.released.to_string(),
            case.complement.released.to_string(),
            percent(case.share(case.complement.released)),
            nanoseconds(&case.complement),
            number(Some(case.complement.steps as f64 / spans as f64), 1),
            number(ratio, 1),
        ]);
    }
    println!("{table}");
}

/// One case as a line of JSON.
#[derive(Serialize)]
struct CaseLine {
    slots: usize,
    live_percent: u32,
    bound: usize,
    long: Option<usize>,
    split: usize,
    split_ns: u128,
    passes: u32,
    passes_released: usize,
    complement: usize,
    complement_ns: u128,
    complement_steps: u64,
}

pub(super) fn print_json(cases: &[Case]) -> Result<()> {
    for case in cases {
        let line = CaseLine {
            slots: case.slots,
            live_percent: case.percent,
            bound: case.bound,
            long: case.long,
            split: case.split.released,
            split_ns: case.split.time.as_nanos(),
            passes: case.passes.passes,
            passes_released: case.passes.released,
            complement: case.complement.released,
            complement_ns: case.complement.time.as_nanos(),
            complement_steps: case.complement.steps,
        };
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}

/// Writes a plot for each number of slots: `search-16.svg`, …
pub(super) fn plot(cases: &[Case], spans: usize, folder: &Path) -> Result<()> {
    for group in cases.chunk_by(|one, next| one.slots == next.slots) {
        let Some(slots) = group.first().map(|case| case.slots) else {
            continue;
        };
        let title = format!("Pages released of {spans} spans of {slots} slots");
        Lines {
            title: &title,
            x: "live slots, %",
            y: "pages",
            lines: &lines(group),
        }
        .write(&folder.join(format!("search-{slots}.svg")))?;
    }
    Ok(())
}

fn lines(cases: &[Case]) -> Vec<Line> {
    let line = |name: &str, pages: &dyn Fn(&Case) -> Option<usize>| {
        let point = |case: &Case| Some((f64::from(case.percent), pages(case)? as f64));
        Line::measured(name, cases.iter().filter_map(point))
    };
    let mut lines = vec![
        line("bound", &|case| Some(case.bound)).reference(),
        line("ComplementMesher", &|case| Some(case.complement.released)),
        line("SplitMesher", &|case| Some(case.split.released)),
        line("SplitMesher, equal time", &|case| {
            Some(case.passes.released)
        }),
    ];
    if cases.iter().any(|case| case.long.is_some()) {
        lines.push(line("long search", &|case| case.long));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(slots: usize, percent: u32, pages: usize) -> Case {
        let trial = Trial {
            released: pages,
            ..Trial::default()
        };
        Case {
            slots,
            percent,
            bound: 2 * pages,
            long: None,
            split: trial,
            passes: trial,
            complement: trial,
        }
    }

    #[test]
    fn each_number_of_slots_has_its_plot() {
        let folder = tempfile::tempdir().unwrap();
        let cases = [case(8, 10, 5), case(8, 20, 4), case(16, 10, 0)];
        plot(&cases, 10, folder.path()).unwrap();
        for slots in [8, 16] {
            let path = folder.path().join(format!("search-{slots}.svg"));
            let text = std::fs::read_to_string(path).unwrap();
            assert!(text.contains(&format!("10 spans of {slots} slots")));
            assert!(text.contains("SplitMesher, equal time") && !text.contains("long search"));
        }
        assert_eq!(cases[0].share(5), Some(0.5));
        assert_eq!(cases[2].share(0), None);
    }
}
