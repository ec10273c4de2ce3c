//! Plots, the table as CSV and all samples as JSON.

use super::quantity::Quantity;
use super::summary::{Results, Row};
use crate::plot::{Line, Lines};
use crate::site::Scale;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Draws the first trial of each allocator into `directory/NAME.svg`.
pub(crate) fn plot(results: &Results, scale: Scale, directory: &Path) -> Result<()> {
    let experiment = results.experiment;
    let mut lines: Vec<Line> = results.rows.iter().filter_map(course).collect();
    lines.extend(results.rows.first().and_then(live));
    if let Some(bound) = &experiment.bound {
        let end = lines.iter().flat_map(|line| &line.points);
        let end = end.map(|point| point.0).fold(0.0, f64::max);
        let bytes = (bound.bytes)(scale);
        lines.push(Line::bytes(bound.name, [(0.0, bytes), (end, bytes)]).reference());
    }
    let plot = Lines {
        title: experiment.about,
        x: "s",
        y: "MiB",
        lines: &lines,
    };
    plot.write(&directory.join(format!("{}.svg", experiment.name)))
}

fn course(row: &Row) -> Option<Line> {
    let trial = row.trials.first()?;
    Some(Line::memory(&row.allocator, &trial.memory.samples))
}

/// What the program says is live, as steps; `None` when it says nothing.
fn live(row: &Row) -> Option<Line> {
    let trial = row.trials.first()?;
    let (last, _) = trial.live.last()?;
    let ends = trial
        .live
        .iter()
        .skip(1)
        .map(|point| point.0)
        .chain([*last]);
    let steps = trial.live.iter().zip(ends);
    let points = steps.flat_map(|(&(from, bytes), to)| [(from, bytes), (to, bytes)]);
    Some(Line::bytes("live", points).reference())
}

/// Writes `table.csv`, with medians, and `samples.json`, one line for each trial, into `directory`.
pub(crate) fn figures(all: &[Results], directory: &Path) -> Result<()> {
    write(&directory.join("table.csv"), |file| write_csv(all, file))?;
    write(&directory.join("samples.json"), |file| {
        write_json(all, file)
    })
}

fn write(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let created = File::create(path).with_context(|| path.display().to_string())?;
    let mut file = BufWriter::new(created);
    write(&mut file)
        .and_then(|()| Ok(file.flush()?))
        .with_context(|| path.display().to_string())
}

fn write_csv(all: &[Results], file: &mut impl Write) -> Result<()> {
    let mut csv = csv::Writer::from_writer(file);
    let heads = Quantity::ALL.map(Quantity::identifier);
    csv.write_record(
        ["experiment", "allocator", "trials"]
            .into_iter()
            .chain(heads),
    )?;
    for results in all {
        for row in &results.rows {
            let mut record = vec![
                results.experiment.name.to_owned(),
                row.allocator.clone(),
                row.trials.len().to_string(),
            ];
            let median = |quantity| row.medians.get(&quantity).map(f64::to_string);
            record.extend(Quantity::ALL.map(|one| median(one).unwrap_or_default()));
            csv.write_record(record)?;
        }
    }
    Ok(csv.flush()?)
}

#[derive(Serialize)]
struct TrialLine<'a> {
    experiment: &'a str,
    allocator: &'a str,
    #[serde(flatten)]
    trial: &'a super::trial::Trial,
}

fn write_json(all: &[Results], file: &mut impl Write) -> Result<()> {
    for results in all {
        for row in &results.rows {
            for trial in &row.trials {
                let line = TrialLine {
                    experiment: results.experiment.name,
                    allocator: &row.allocator,
                    trial,
                };
                writeln!(file, "{}", serde_json::to_string(&line)?)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::results;
    use super::*;

    #[test]
    fn a_row_of_csv_has_the_medians_in_bytes_and_seconds() {
        let mut text = Vec::new();
        write_csv(&[results()], &mut text).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_slice());
        let heads = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let cell = |row: usize, name: &str| {
            let column = heads.iter().position(|head| head == name).unwrap();
            rows[row][column].to_owned()
        };
        assert_eq!(rows.len(), 2);
        assert_eq!(cell(0, "final_bytes"), (4 << 20).to_string());
        assert_eq!(cell(0, "trials"), "2");
        assert_eq!(cell(0, "pause_s"), "");
        assert_eq!(cell(1, "pause_s"), "0.5");
    }

    #[test]
    fn every_trial_is_a_line_of_json_with_its_samples() {
        let mut text = Vec::new();
        write_json(&[results()], &mut text).unwrap();
        let lines: Vec<serde_json::Value> = String::from_utf8(text)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0]["allocator"], "glibc");
        assert_eq!(lines[2]["memory"]["samples"].as_array().unwrap().len(), 2);
        assert_eq!(lines[2]["figures"]["pause"], 0.5);
    }

    #[test]
    fn a_plot_has_a_line_for_each_allocator_and_one_for_live_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let results = results();
        plot(&results, Scale::Full, directory.path()).unwrap();
        let file = format!("{}.svg", results.experiment.name);
        let svg = std::fs::read_to_string(directory.path().join(file)).unwrap();
        for name in ["glibc again", "live"] {
            assert!(svg.contains(name), "{name}");
        }
    }
}
