//! `mesh-bench trace play`.

use super::outcome::{Outcome, Plan};
use super::survey::Survey;
use super::{file, info};
use crate::allocators::{Allocator, Selection};
use crate::bytes::Mebibytes;
use crate::cgroup::{self, MemoryGroup};
use crate::launch::{self, Running};
use crate::plot::{Line, Lines};
use crate::statistics::median;
use crate::{child, interrupt, probe, progress, rotation, table};
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Plays a trace under each allocator.
///
/// A child process asks for what the program asked for, in the same order, whichever thread it was: one thread plays all.
/// It fills every object, and checks each byte before the object goes or gets a new size, and at the end. Memory is
/// physical and that of the heap: what the process has above a baseline before the first request.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The trace
    file: PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// Runs under each allocator; the report shows medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// How many times as fast as the program was; 0: without its pauses
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR", value_parser = factor)]
    speed: f64,
    /// Seconds without requests at the end
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS", value_parser = seconds)]
    idle: f64,
    /// Draw memory over time, in the first run of each allocator, as an SVG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Print one line of JSON for each run, samples included
    #[arg(long)]
    json: bool,
    /// Damage the object of this record, or of a later one, to see that the check finds it
    #[arg(long, hide = true, value_name = "RECORD")]
    corrupt: Option<u64>,
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor == 0.0 || (0.001..=1e6).contains(&factor) => Ok(factor),
        _ => Err(format!("`{text}` is neither 0 nor from 0.001 to 1000000")),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err(format!("`{text}` is not between 0 and 3600 seconds")),
    }
}

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let survey = file::survey(&args.file)?;
    let plan = args.plan(&survey)?;
    let allocators = args.selection.resolve()?;
    probe::verify_all(&allocators)?;
    let outcomes = play_all(args, &allocators, &plan, &survey)?;
    if args.json {
        print_json(&outcomes)?;
    } else {
        print(args, &survey, &allocators, &outcomes);
    }
    if let Some(path) = &args.plot {
        plot(args, &allocators, &outcomes, path)?;
    }
    let damaged = outcomes.iter().find_map(|(name, outcome)| {
        let damage = outcome.damage.as_ref()?;
        Some(format!("{name}: {damage}"))
    });
    damaged.map_or(Ok(()), |damage| bail!("{damage}"))
}

impl Args {
    fn plan(&self, survey: &Survey) -> Result<Plan> {
        let there = memory_available().unwrap_or(u64::MAX);
        if survey.peak_bytes > there {
            bail!(
                "the trace needs {} MiB at a time, and {} are there",
                Mebibytes(survey.peak_bytes as f64),
                Mebibytes(there as f64)
            );
        }
        Ok(Plan {
            file: self
                .file
                .canonicalize()
                .with_context(|| self.file.display().to_string())?,
            speed: self.speed,
            idle_s: self.idle,
            records: survey.records,
            places: survey.places,
            milliseconds: survey.milliseconds,
            corrupt: self.corrupt,
        })
    }
}

/// Bytes that programs can have without others being swapped out.
fn memory_available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kibibytes.checked_mul(1 << 10)
}

/// All runs in the order in which they were, each with the name of its allocator.
fn play_all<'a>(
    args: &Args,
    allocators: &'a [Allocator],
    plan: &Plan,
    survey: &Survey,
) -> Result<Vec<(&'a str, Outcome)>> {
    let groups = cgroup::parent();
    // Ample: bytes are written and read at 100 MB a second at least, records are handled at 20,000.
    let work = survey.requested_bytes as f64 / 1e8 + survey.records as f64 / 2e4;
    let limit = Duration::try_from_secs_f64(60.0 + plan.idle_s + 2.0 * plan.playing_s() + work)
        .context("the trace takes too long")?;
    let repeat = usize::from(args.repeat);
    let bar = progress::bar(repeat * allocators.len());
    let mut outcomes = Vec::new();
    for round in 0..repeat {
        for index in rotation::order(allocators.len(), round) {
            interrupt::check()?;
            let allocator = &allocators[index];
            bar.set_message(allocator.name.clone());
            let outcome = play(allocator, plan, groups.as_deref(), limit)
                .with_context(|| allocator.name.clone())?;
            outcomes.push((allocator.name.as_str(), outcome));
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(outcomes)
}

/// One child, in a control group of its own if `groups` is a directory to make one in.
fn play(
    allocator: &Allocator,
    plan: &Plan,
    groups: Option<&Path>,
    limit: Duration,
) -> Result<Outcome> {
    let group = groups.map(MemoryGroup::inside).transpose()?;
    let (mut command, output) = launch::with_output(child::command(&["trace"])?)?;
    command
        .arg(serde_json::to_string(plan)?)
        .args(group.as_ref().map(MemoryGroup::charges));
    allocator.preload(&mut command);
    Running::start(command, group.as_ref())?
        .wait(limit)?
        .success()?;
    serde_json::from_str(&launch::read_back(output)?).context("the child's outcome")
}

fn print(args: &Args, survey: &Survey, allocators: &[Allocator], outcomes: &[(&str, Outcome)]) {
    println!("{}: {}", args.file.display(), info::line(survey));
    let pace = match args.speed {
        0.0 => "without pauses".to_owned(),
        factor => format!("at {factor} times its speed"),
    };
    println!(
        "played {pace}, then {} s idle; medians of {}; MiB of physical memory of the heap\n",
        args.idle, args.repeat
    );
    let header = ["allocator", "CPU s", "mean", "peak", "end", "final", "live"];
    let mut figures = table::new(1, &header);
    for allocator in allocators {
        let middle = |figure: fn(&Outcome) -> f64| {
            let own = outcomes.iter().filter(|(name, _)| *name == allocator.name);
            median(&own.map(|(_, outcome)| figure(outcome)).collect::<Vec<_>>())
        };
        let mebibytes =
            |bytes: Option<f64>| table::number(bytes.map(|b| b / f64::from(1 << 20)), 2);
        figures.add_row([
            allocator.name.clone(),
            table::number(middle(|outcome| outcome.cpu_s), 3),
            mebibytes(middle(Outcome::mean_bytes)),
            mebibytes(middle(|outcome| outcome.peak_bytes() as f64)),
            mebibytes(middle(|outcome| outcome.end_bytes as f64)),
            mebibytes(middle(|outcome| outcome.final_bytes as f64)),
            mebibytes(middle(|outcome| outcome.live_bytes as f64)),
        ]);
    }
    println!("{figures}");
}

fn plot(
    args: &Args,
    allocators: &[Allocator],
    outcomes: &[(&str, Outcome)],
    path: &Path,
) -> Result<()> {
    let lines: Vec<Line> = allocators
        .iter()
        .filter_map(|allocator| {
            let (name, first) = outcomes.iter().find(|(name, _)| *name == allocator.name)?;
            Some(Line::memory(name, &first.samples))
        })
        .collect();
    let file = args.file.file_name().unwrap_or(args.file.as_os_str());
    let title = format!("{}: physical memory of the heap", file.display());
    let plot = Lines {
        title: &title,
        x: "s",
        y: "MiB",
        lines: &lines,
    };
    plot.write(path)
}

#[derive(Serialize)]
struct RunLine<'a> {
    allocator: &'a str,
    outcome: &'a Outcome,
}

fn print_json(outcomes: &[(&str, Outcome)]) -> Result<()> {
    for (allocator, outcome) in outcomes {
        let line = RunLine { allocator, outcome };
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}
