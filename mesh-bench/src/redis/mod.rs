//! `mesh-bench redis`: Redis as a cache of limited size, whose keys of one size give way to keys of another.

pub(crate) mod checked;
pub(crate) mod client;
pub(crate) mod dataset;
pub(crate) mod load;
mod pinger;
pub(crate) mod server;
mod summary;
pub(crate) mod trial;

use crate::allocators::{Allocator, Selection};
use crate::bytes::Mebibytes;
use crate::cgroup;
use crate::plot::{Line, Lines};
use crate::sampler::Accounts;
use crate::{probe, programs, rotation, table};
use anyhow::Result;
use dataset::Phase;
use load::Load;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use summary::Summary;
use trial::{Plan, Trial};

/// Measures Redis as a 100 MB LRU cache over time.
///
/// A server with `--maxmemory 100mb --maxmemory-policy allkeys-lru` gets random keys with values of one size, then of
/// another, through `redis-cli --pipe`, and is then left alone. Its physical memory is sampled every 50 ms.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Trials of each allocator; the report shows medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Keys of the first phase
    #[arg(long, default_value_t = 700_000)]
    keys1: u64,
    /// Bytes of a value in the first phase
    #[arg(long, default_value_t = 240)]
    size1: usize,
    /// Keys of the second phase
    #[arg(long, default_value_t = 170_000)]
    keys2: u64,
    /// Bytes of a value in the second phase
    #[arg(long, default_value_t = 492)]
    size2: usize,
    /// Seconds without commands at the end
    #[arg(long, default_value_t = 10)]
    idle: u32,
    /// Seed of keys and values
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draw memory over time, in the first trial of each allocator, as an SVG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Print one line of JSON for each trial, samples included, then one for each allocator
    #[arg(long)]
    json: bool,
    /// Fail unless mesh ends at least 25% below mesh-nomesh, and not above jemalloc
    #[arg(long)]
    check: bool,
}

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    programs::find("redis-server")?;
    programs::find("redis-cli")?;
    let allocators = args.selection.resolve()?;
    probe::verify_all(&allocators)?;
    let directory = tempfile::Builder::new()
        .prefix("mesh-bench-redis-data")
        .tempdir()?;
    let plan = args.plan(directory.path())?;
    let groups = cgroup::parent();
    let trials = rotation::run(&allocators, args.repeat.into(), "redis", |allocator| {
        trial::run(allocator, &plan, groups.as_deref())
    })?;
    let summaries: Vec<Summary> = allocators
        .iter()
        .enumerate()
        .filter_map(|(index, allocator)| {
            let own: Vec<&Trial> = trials
                .iter()
                .filter(|(of, _)| *of == index)
                .map(|(_, trial)| trial)
                .collect();
            Summary::of(&allocator.name, &own)
        })
        .collect();
    if args.json {
        print_json(&allocators, &trials, &summaries)?;
    } else {
        print(args, &summaries);
    }
    if let Some(path) = &args.plot {
        plot(&allocators, &trials, path)?;
    }
    if args.check {
        summary::check(&summaries)
    } else {
        Ok(())
    }
}

/// The size of the cache: what Redis calls 100mb.
pub(crate) const MAXMEMORY: u64 = 100 << 20;

impl Args {
    fn plan(&self, directory: &Path) -> Result<Plan> {
        let phase = |keys, size| Phase { keys, size };
        let phases = [phase(self.keys1, self.size1), phase(self.keys2, self.size2)];
        Ok(Plan {
            load: Load::Piped(dataset::write_files(&phases, directory, self.seed)?),
            maxmemory: MAXMEMORY,
            idle: Duration::from_secs(self.idle.into()),
            accounts: Accounts::all,
            pinged: false,
        })
    }
}

fn plot(allocators: &[Allocator], trials: &[(usize, Trial)], path: &Path) -> Result<()> {
    let lines: Vec<Line> = allocators
        .iter()
        .enumerate()
        .filter_map(|(index, allocator)| {
            let (_, first) = trials.iter().find(|(of, _)| *of == index)?;
            Some(Line::memory(&allocator.name, &first.memory.samples))
        })
        .collect();
    let plot = Lines {
        title: "Redis: physical memory over time",
        x: "s",
        y: "MiB",
        lines: &lines,
    };
    plot.write(path)
}

fn print(args: &Args, summaries: &[Summary]) {
    println!(
        "Redis, 100 MB LRU: {} keys of {} bytes, then {} of {}, then {} s idle; medians of {}, seed {}",
        args.keys1, args.size1, args.keys2, args.size2, args.idle, args.repeat, args.seed
    );
    println!(
        "MiB of physical memory of the server: charge of its control group, else Pss + page tables; the latter at the end also in its own column\n"
    );
    let header = [
        "allocator",
        "insert s",
        "CPU s",
        "mean",
        "peak",
        "final",
        "Pss + PT",
        "used_memory",
        "keys",
    ];
    let mut figures = table::new(1, &header);
    for summary in summaries {
        figures.add_row([
            summary.allocator.clone(),
            format!("{:.2}", summary.insert_s),
            format!("{:.2}", summary.cpu_s),
            Mebibytes(summary.mean_bytes).to_string(),
            Mebibytes(summary.peak_bytes).to_string(),
            Mebibytes(summary.final_bytes).to_string(),
            table::mebibytes(summary.final_mapped),
            Mebibytes(summary.used_memory).to_string(),
            format!("{:.0}", summary.keys),
        ]);
    }
    println!("{figures}");
}

#[derive(Serialize)]
struct TrialLine<'a> {
    allocator: &'a str,
    trial: &'a Trial,
}

#[derive(Serialize)]
struct MedianLine<'a> {
    median: &'a Summary,
}

fn print_json(
    allocators: &[Allocator],
    trials: &[(usize, Trial)],
    summaries: &[Summary],
) -> Result<()> {
    for (index, trial) in trials {
        println!(
            "{}",
            serde_json::to_string(&TrialLine {
                allocator: &allocators[*index].name,
                trial
            })?
        );
    }
    for median in summaries {
        println!("{}", serde_json::to_string(&MedianLine { median })?);
    }
    Ok(())
}
