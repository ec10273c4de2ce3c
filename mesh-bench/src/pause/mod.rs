//! `mesh-bench pause`: how long single operations take while meshing goes on.

mod measured;
mod outcome;
mod plan;
mod recorder;
mod report;

pub(crate) use measured::run_plan;

use crate::allocators::{Allocator, Selection};
use crate::launch::{self, Running};
use crate::{bytes, child, probe, rotation, share};
use anyhow::{Context, Result, bail};
use outcome::{Meshing, Outcome};
use plan::Plan;
use report::Row;
use std::time::Duration;

/// Times single calls of malloc, free and read and single writes while meshing goes on.
///
/// Threads fill spans with objects, free most of them, and then write to the others and read from pipes into them, over
/// and over. In every round each allocator gets a fresh process. What a run without meshing shows is the scheduler's.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Threads
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: u16,
    /// Bytes of all objects when all of them live
    #[arg(long, default_value = "32MiB", value_parser = bytes::parse)]
    heap: u64,
    /// The size of an object
    #[arg(long, default_value = "256", value_parser = bytes::parse)]
    size: u64,
    /// The share of the objects that live on
    #[arg(long, default_value = "15%", value_parser = share::parse)]
    keep: f64,
    /// Seconds of each run
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    seconds: f64,
    /// Milliseconds between mesh cycles, for MESH_PERIOD_MS [default: the library's]
    #[arg(long, value_name = "MS")]
    period: Option<u32>,
    /// Runs of each allocator
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Seed of the survivors
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one line of JSON for each allocator
    #[arg(long)]
    json: bool,
}

const DEFAULT_LIBRARIES: [&str; 3] = ["mesh", "mesh-mprotect", "mesh-nomesh"];

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err(format!("`{text}` is not between 0 and 3600 seconds")),
    }
}

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let plan = args.plan()?;
    let allocators = args.selection.resolve_or(&DEFAULT_LIBRARIES)?;
    probe::verify_all(&allocators)?;
    let empty = |allocator: &Allocator| Row {
        allocator: allocator.name.clone(),
        outcomes: Vec::new(),
    };
    let mut rows: Vec<Row> = allocators.iter().map(empty).collect();
    let measure = |allocator: &Allocator| measure(allocator, &plan, args.period);
    for (index, outcome) in rotation::run(&allocators, args.repeat.into(), "pause", measure)? {
        rows[index].outcomes.push(outcome);
    }
    if args.json {
        report::print_json(&plan, &rows)
    } else {
        report::print(&plan, &rows);
        Ok(())
    }
}

impl Args {
    fn plan(&self) -> Result<Plan> {
        let plan = Plan {
            threads: usize::from(self.threads),
            heap: self.heap,
            size: self.size as usize,
            keep: self.keep,
            seconds: self.seconds,
            seed: self.seed,
        };
        // Behind the stamp there must be room for what is read.
        if self.size < 16 {
            bail!("--size must be at least 16");
        }
        if plan.objects() == 0 {
            bail!("--heap has no room for one object in each thread");
        }
        Ok(plan)
    }
}

fn measure(allocator: &Allocator, plan: &Plan, period: Option<u32>) -> Result<Outcome> {
    let (mut command, output) = launch::with_output(child::command(&["pause"])?)?;
    command
        .arg(serde_json::to_string(plan)?)
        .env("MALLOCSTATS", "json");
    if let Some(period) = period {
        command.env("MESH_PERIOD_MS", period.to_string());
    }
    allocator.preload(&mut command);
    let limit = Duration::from_secs_f64(60.0 + plan.seconds * 2.0);
    let usage = Running::start(command, None)?.wait(limit)?.success()?;
    let outcome: Outcome =
        serde_json::from_str(&launch::read_back(output)?).context("the outcome")?;
    Ok(Outcome {
        meshing: Meshing::from_errors(&usage.errors),
        ..outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn plan(arguments: &[&str]) -> Result<Plan> {
        let line = Line::try_parse_from([&["pause"], arguments].concat())?;
        line.args.plan()
    }

    #[test]
    fn objects_are_shared_out_among_the_threads() {
        let plan = plan(&["--threads", "4", "--heap", "1MiB", "--size", "256"]).unwrap();
        assert_eq!(plan.objects(), 1024);
    }

    #[test]
    fn mistakes_are_refused() {
        for arguments in [
            ["--threads", "0"],
            ["--size", "8"],
            ["--heap", "100"],
            ["--seconds", "-1"],
            ["--keep", "2"],
        ] {
            assert!(plan(&arguments).is_err(), "{arguments:?}");
        }
    }
}
