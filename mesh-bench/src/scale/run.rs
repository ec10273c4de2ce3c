//! What is measured of one workload.

use super::clock::Tick;
use super::count::{self, Counted};
use super::measured::{Outcome, Plan};
use super::names;
use super::pages::Seen;
use super::recording::Recording;
use super::simulate::{Model, Scaled};
use super::sites::{self, Operation};
use super::streams::Streams;
use super::work::Work;
use crate::allocators::Allocator;
use crate::child;
use crate::launch::{self, Running, Usage};
use crate::statistics::median;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(300);

/// Lines of an operation that was not counted.
const LINES_UNKNOWN: f64 = 4.0;

impl Plan {
    fn of(work: &Work, share: f64) -> Self {
        Self {
            work: work.name.into(),
            objects: (work.objects as f64 * share) as u64,
            processors: Vec::new(),
            noted: false,
            probes: false,
        }
    }
}

/// A workload that was recorded, and where its times are from.
pub(crate) struct Recorded {
    pub(crate) streams: Streams,
    /// What is done at each site, how often, and nanoseconds of a hold in the middle.
    pub(crate) sites: BTreeMap<u64, (Operation, u64, f64)>,
    /// By number of the stream's locks.
    pub(crate) locks: Vec<String>,
    pub(crate) holds: usize,
    pub(crate) lost: u64,
    pub(crate) objects: u64,
}

/// Records a workload on one processor.
pub(crate) fn record(
    work: &Work,
    share: f64,
    library: &Path,
    processor: usize,
    tick: Tick,
) -> Result<Recorded> {
    let file = tempfile::NamedTempFile::new().context("a temporary file")?;
    let plan = Plan {
        processors: vec![processor],
        probes: true,
        ..Plan::of(work, share)
    };
    let (outcome, _) = start(&plan, |command| {
        command
            .env("LD_PRELOAD", library)
            .env("MESH_LOCKS", file.path());
    })?;
    let recording = Recording::open(file.path())?;
    if recording.holds.is_empty() {
        bail!("no lock was taken");
    }
    let streams = Streams::of(&recording, |ticks| tick.picoseconds(ticks));
    let known = sites::operations(library, streams.sites.iter().copied())?;
    Ok(Recorded {
        locks: names::of(&recording, &outcome.probes, &streams.locks, &known),
        sites: spans(&recording, known, tick),
        holds: recording.holds.len(),
        lost: recording.lost(),
        objects: outcome.objects,
        streams,
    })
}

/// What is done at each site, how often, and the median time in nanoseconds.
fn spans(
    recording: &Recording,
    known: BTreeMap<u64, Operation>,
    tick: Tick,
) -> BTreeMap<u64, (Operation, u64, f64)> {
    let mut times: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for hold in &recording.holds {
        let ticks = (hold.released - hold.taken).saturating_sub(recording.header.overhead);
        times
            .entry(hold.site)
            .or_default()
            .push(tick.picoseconds(ticks) as f64 / 1e3);
    }
    let of = |(site, operation)| {
        let times = times.get(&site)?;
        Some((site, (operation, times.len() as u64, median(times)?)))
    };
    known.into_iter().filter_map(of).collect()
}

impl Recorded {
    /// The model of it: a lock's line and those of its operation take `transfer_ps` each.
    pub(crate) fn scale(
        &self,
        counted: Option<&Counted>,
        transfer_ps: f64,
        shards: usize,
        processors: &[usize],
    ) -> Vec<Scaled> {
        let transfers: Vec<u64> = self
            .streams
            .sites
            .iter()
            .map(|site| {
                let lines = lines(counted, *site).unwrap_or(LINES_UNKNOWN);
                ((lines + 1.0) * transfer_ps) as u64
            })
            .collect();
        let model = Model {
            threads: &self.streams.threads,
            locks: self.streams.locks.len(),
            transfers: &transfers,
            shards,
        };
        let horizon = model.horizon(processors.iter().copied().max().unwrap_or(1));
        processors
            .iter()
            .map(|&processors| model.run(processors, horizon))
            .collect()
    }
}

/// Lines written to in a hold at `site`, in the mean.
fn lines(counted: Option<&Counted>, site: u64) -> Option<f64> {
    let counts = counted?.sites.get(&site)?;
    Some(counts.lines as f64 / counts.holds as f64)
}

/// What is done under each lock, by fewer objects than are recorded.
pub(crate) fn counted(work: &Work, share: f64, library: &Path) -> Result<Counted> {
    let plan = Plan {
        objects: ((work.counted as f64 * share) as u64).max(1),
        ..Plan::of(work, share)
    };
    count::count(library, &plan)
}

/// Seconds of runs of a workload.
pub(crate) struct Seconds {
    pub(crate) median: f64,
    pub(crate) least: f64,
    /// For which the process ran, its start included: the median.
    pub(crate) cpu: f64,
}

/// A workload on one processor and on two: `repeat` runs of each, in turns.
pub(crate) fn check(
    work: &Work,
    share: f64,
    allocator: &Allocator,
    [one, other]: [usize; 2],
    repeat: usize,
) -> Result<[Seconds; 2]> {
    let mut runs = [Vec::new(), Vec::new()];
    for _ in 0..repeat {
        for (runs, processors) in runs.iter_mut().zip([vec![one], vec![one, other]]) {
            let plan = Plan {
                processors,
                ..Plan::of(work, share)
            };
            runs.push(start(&plan, |command| allocator.preload(command))?);
        }
    }
    Ok([Seconds::of(&runs[0])?, Seconds::of(&runs[1])?])
}

impl Seconds {
    fn of(runs: &[(Outcome, Usage)]) -> Result<Self> {
        let wall: Vec<f64> = runs.iter().map(|(run, _)| run.seconds).collect();
        let cpu = |(_, usage): &(Outcome, Usage)| (usage.user + usage.system).as_secs_f64();
        let cpu: Vec<f64> = runs.iter().map(cpu).collect();
        Ok(Self {
            median: median(&wall).context("no run")?,
            least: wall.into_iter().min_by(f64::total_cmp).context("no run")?,
            cpu: median(&cpu).context("no run")?,
        })
    }
}

/// Whose pages a workload's blocks are in.
pub(crate) fn pages(work: &Work, share: f64, allocator: &Allocator) -> Result<Seen> {
    let plan = Plan {
        noted: true,
        ..Plan::of(work, share)
    };
    let (outcome, _) = start(&plan, |command| allocator.preload(command))?;
    outcome.seen.context("nothing was noted")
}

fn start(plan: &Plan, prepare: impl FnOnce(&mut Command)) -> Result<(Outcome, Usage)> {
    let (mut command, output) = launch::with_output(child::command(&["scale"])?)?;
    command.arg(serde_json::to_string(plan)?);
    prepare(&mut command);
    let ended = Running::start(command, None)?.wait(LIMIT)?.success();
    let usage = ended.with_context(|| plan.work.clone())?;
    let outcome = serde_json::from_str(&launch::read_back(output)?).context("the outcome")?;
    Ok((outcome, usage))
}
