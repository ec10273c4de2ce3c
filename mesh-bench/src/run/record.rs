//! One measured run, as it is exported.

use crate::meter::Measurement;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// One run: a row of CSV, a line of JSON.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MeasuredRun {
    /// The workload.
    pub(crate) workload: String,
    /// The allocator's name.
    pub(crate) allocator: String,
    /// Which repetition, from 1.
    pub(crate) repetition: usize,
    /// CPU time in user mode, seconds.
    pub(crate) user_s: f64,
    /// CPU time in the kernel, seconds.
    pub(crate) system_s: f64,
    /// From start to end, seconds.
    pub(crate) wall_s: f64,
    /// Highest physical memory in bytes.
    pub(crate) peak_bytes: u64,
    /// Mean physical memory over time in bytes.
    pub(crate) mean_bytes: Option<f64>,
    /// Page faults of both kinds.
    pub(crate) faults: u64,
    /// Instructions in user mode.
    pub(crate) instructions: Option<u64>,
    /// How the peak was found.
    pub(crate) meter: &'static str,
}

impl MeasuredRun {
    /// A run of `workload` under `allocator`.
    pub(crate) fn new(
        workload: &str,
        allocator: &str,
        repetition: usize,
        meter: &'static str,
        seen: Measurement,
    ) -> Self {
        let Measurement {
            user_s,
            system_s,
            wall_s,
            peak_bytes,
            mean_bytes,
            faults,
            instructions,
        } = seen;
        Self {
            workload: workload.into(),
            allocator: allocator.into(),
            repetition,
            user_s,
            system_s,
            wall_s,
            peak_bytes,
            mean_bytes,
            faults,
            instructions,
            meter,
        }
    }

    /// CPU time in both modes, seconds.
    pub(crate) fn cpu_s(&self) -> f64 {
        self.user_s + self.system_s
    }
}

/// Where to write records to.
#[derive(clap::Args, Debug)]
pub(crate) struct Files {
    /// Write one line of JSON for each run (- for standard output)
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write one row of CSV for each run (- for standard output)
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

impl Files {
    /// Writes the files that were asked for.
    pub(crate) fn write(&self, records: &[MeasuredRun]) -> Result<()> {
        let json = self.json.as_deref();
        json.map_or(Ok(()), |path| write_json(records, path))?;
        let csv = self.csv.as_deref();
        csv.map_or(Ok(()), |path| write_csv(records, path))
    }
}

/// Writes JSON lines to `path`; `-` is standard output.
fn write_json(records: &[MeasuredRun], path: &Path) -> Result<()> {
    let mut out = open(path)?;
    for record in records {
        serde_json::to_writer(&mut out, record)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes CSV with a header to `path`; `-` is standard output.
fn write_csv(records: &[MeasuredRun], path: &Path) -> Result<()> {
    let mut out = csv::Writer::from_writer(open(path)?);
    records
        .iter()
        .try_for_each(|record| out.serialize(record))?;
    out.flush()?;
    Ok(())
}

fn open(path: &Path) -> Result<Box<dyn Write>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdout()));
    }
    Ok(Box::new(
        File::create(path).with_context(|| path.display().to_string())?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> MeasuredRun {
        let seen = Measurement {
            user_s: 1.5,
            system_s: 0.5,
            wall_s: 3.0,
            peak_bytes: 4096,
            mean_bytes: Some(2048.5),
            faults: 7,
            instructions: None,
        };
        MeasuredRun::new("mixed-1", "glibc", 1, "cgroup", seen)
    }

    #[test]
    fn a_row_has_a_header_and_all_figures() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("runs.csv");
        write_csv(&[record()], &path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        assert!(
            lines
                .next()
                .unwrap()
                .starts_with("workload,allocator,repetition,user_s")
        );
        assert_eq!(
            lines.next(),
            Some("mixed-1,glibc,1,1.5,0.5,3.0,4096,2048.5,7,,cgroup")
        );
    }

    #[test]
    fn a_line_of_json_has_the_same_figures() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("runs.json");
        write_json(&[record(), record()], &path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let values: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(values.len(), 2);
        assert_eq!(values[1]["peak_bytes"], 4096);
    }
}
