//! Memory over time as plots, and all figures as JSON.

use super::phase::Trial;
use super::summary::{Results, Row};
use crate::plot::{Line, Lines};
use anyhow::{Context, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Draws the first trial of each allocator into `directory/SERVICE.svg`.
pub(crate) fn plot(title: &str, results: &Results, directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    let line = |row: &Row| {
        let first = row.trials.first()?;
        Some(Line::memory(&row.allocator, &first.memory.samples))
    };
    let lines: Vec<Line> = results.rows.iter().filter_map(line).collect();
    let plot = Lines {
        title,
        x: "s",
        y: "MiB",
        lines: &lines,
    };
    plot.write(&directory.join(format!("{}.svg", results.service)))
}

#[derive(Serialize)]
struct TrialLine<'a> {
    service: &'a str,
    allocator: &'a str,
    trial: &'a Trial,
}

#[derive(Serialize)]
struct MedianLine<'a> {
    service: &'a str,
    allocator: &'a str,
    medians: &'a BTreeMap<String, f64>,
}

/// Prints a line for each trial, samples included, then one for each allocator.
pub(crate) fn print_json(results: &Results) -> Result<()> {
    for line in json_lines(results)? {
        println!("{line}");
    }
    Ok(())
}

fn json_lines(results: &Results) -> Result<Vec<String>> {
    let service = results.service;
    let mut lines = Vec::new();
    for row in &results.rows {
        for trial in &row.trials {
            lines.push(serde_json::to_string(&TrialLine {
                service,
                allocator: &row.allocator,
                trial,
            })?);
        }
    }
    for row in &results.rows {
        lines.push(serde_json::to_string(&MedianLine {
            service,
            allocator: &row.allocator,
            medians: &row.medians,
        })?);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::super::phase::tests::trial;
    use super::*;

    fn results() -> Results {
        Results {
            service: "web",
            rows: vec![Row::new("a", vec![trial(5, 1.0), trial(7, 1.0)])],
        }
    }

    #[test]
    fn trials_and_medians_are_lines_of_json() {
        let lines: Vec<serde_json::Value> = json_lines(&results())
            .unwrap()
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0]["trial"]["phases"][1]["end_bytes"], 5);
        assert_eq!(lines[0]["trial"]["samples"].as_array().unwrap().len(), 2);
        assert_eq!(lines[2]["medians"]["idle_end_bytes"], 6.0);
    }

    #[test]
    fn a_plot_is_named_after_its_service() {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("new");
        plot("a title", &results(), &inside).unwrap();
        let svg = std::fs::read_to_string(inside.join("web.svg")).unwrap();
        assert!(svg.contains("a title"));
    }
}
