//! `mesh-bench fork`: how long `fork` takes over a large heap, and over one with meshed groups.

mod chain;
mod measured;
mod outcome;
mod plan;
mod report;

pub(crate) use measured::run_plan;

use crate::allocators::{Allocator, Selection};
use crate::cgroup::{self, MemoryGroup};
use crate::launch::{self, Running};
use crate::{bytes, child, probe, rotation, share};
use anyhow::{Context, Result, bail};
use outcome::Outcome;
use plan::Plan;
use report::Row;
use std::path::Path;
use std::time::Duration;

/// Forks over a heap of live objects, then over one that was meshed.
///
/// In every round each allocator gets a fresh process, and each round starts with another one. Figures are medians
/// over all forks of all rounds. The child writes to one object and waits until memory was looked at.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: Selection,
    /// A heap whose objects all live; may be repeated [default: 512MiB and 1GiB]
    #[arg(long = "heap", value_name = "SIZE", value_parser = bytes::parse)]
    heaps: Vec<u64>,
    /// The size of its objects
    #[arg(long, default_value = "512", value_parser = bytes::parse)]
    size: u64,
    /// A heap of which most is freed and meshed; 0: none
    #[arg(long, default_value = "400MiB", value_parser = bytes::parse)]
    meshed_heap: u64,
    /// The size of its objects
    #[arg(long, default_value = "256", value_parser = bytes::parse)]
    meshed_size: u64,
    /// The share of its objects that live on
    #[arg(long, default_value = "25%", value_parser = share::parse)]
    keep: f64,
    /// Processes of each allocator
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Forks of each process
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    forks: u16,
    /// Threads that sleep beside the one that forks
    #[arg(long, default_value_t = 0)]
    threads: u16,
    /// Seed of the survivors
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one line of JSON for each allocator and heap
    #[arg(long)]
    json: bool,
}

const DEFAULT_LIBRARIES: [&str; 5] = ["mesh", "mesh-mprotect", "mesh-nomesh", "jemalloc", "glibc"];
const DEFAULT_HEAPS: [u64; 2] = [512 << 20, 1 << 30];

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let plans = args.plans()?;
    let allocators = args.selection.resolve_or(&DEFAULT_LIBRARIES)?;
    probe::verify_all(&allocators)?;
    let groups = cgroup::parent();
    for plan in &plans {
        let measure = |allocator: &Allocator| measure(allocator, plan, groups.as_deref());
        let mut rows: Vec<Row> = allocators.iter().map(Row::of).collect();
        for (index, outcome) in rotation::run(&allocators, args.repeat.into(), "fork", measure)? {
            rows[index].outcomes.push(outcome);
        }
        if args.json {
            report::print_json(plan, &rows)?;
        } else {
            report::print(plan, &rows);
        }
    }
    if !args.json {
        report::print_legend();
    }
    Ok(())
}

impl Row {
    fn of(allocator: &Allocator) -> Self {
        Self {
            allocator: allocator.name.clone(),
            outcomes: Vec::new(),
        }
    }
}

impl Args {
    /// The heaps to fork over: those that live, then the meshed one.
    fn plans(&self) -> Result<Vec<Plan>> {
        if self.size == 0 || self.meshed_size == 0 {
            bail!("objects must have a size above zero");
        }
        if self.heaps.contains(&0) {
            bail!("a heap must have a size above zero");
        }
        let plan = |heap, size: u64, keep| Plan {
            heap,
            size: size as usize,
            keep,
            forks: usize::from(self.forks),
            threads: self.threads,
            seed: self.seed,
        };
        let heaps = if self.heaps.is_empty() {
            &DEFAULT_HEAPS[..]
        } else {
            &self.heaps
        };
        let whole = heaps.iter().map(|&heap| plan(heap, self.size, 1.0));
        let meshed =
            (self.meshed_heap > 0).then(|| plan(self.meshed_heap, self.meshed_size, self.keep));
        Ok(whole.chain(meshed).collect())
    }
}

/// One process, in a control group of its own if `groups` is a directory to make one in.
fn measure(allocator: &Allocator, plan: &Plan, groups: Option<&Path>) -> Result<Outcome> {
    let group = groups.map(MemoryGroup::inside).transpose()?;
    let (mut command, output) = launch::with_output(child::command(&["fork"])?)?;
    command
        .arg(serde_json::to_string(plan)?)
        .args(group.as_ref().map(MemoryGroup::charges));
    allocator.preload(&mut command);
    // Ample: a gigabyte takes seconds.
    let limit = Duration::from_secs(60 + plan.forks as u64 * 5 + plan.heap / (16 << 20));
    Running::start(command, group.as_ref())?
        .wait(limit)?
        .success()?;
    serde_json::from_str(&launch::read_back(output)?).context("the outcome")
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

    fn plans(arguments: &[&str]) -> Result<Vec<Plan>> {
        let line = Line::try_parse_from([&["fork"], arguments].concat())?;
        line.args.plans()
    }

    #[test]
    fn by_default_two_whole_heaps_and_a_meshed_one() {
        let plans = plans(&[]).unwrap();
        let heaps: Vec<_> = plans.iter().map(|plan| plan.heap >> 20).collect();
        assert_eq!(heaps, [512, 1024, 400]);
        let fragments: Vec<_> = plans.iter().map(Plan::fragments).collect();
        assert_eq!(fragments, [false, false, true]);
    }

    #[test]
    fn heaps_are_chosen_and_the_meshed_one_left_out() {
        let plans = plans(&["--heap", "1MiB", "--meshed-heap", "0", "--forks", "2"]).unwrap();
        assert_eq!(plans.len(), 1);
        assert_eq!((plans[0].heap, plans[0].forks), (1 << 20, 2));
    }

    #[test]
    fn nothing_is_not_forked() {
        assert!(plans(&["--size", "0"]).is_err());
        assert!(plans(&["--heap", "0"]).is_err());
        assert!(plans(&["--repeat", "0"]).is_err());
    }
}
