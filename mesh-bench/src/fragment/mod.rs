//! `mesh-bench fragment`: how much of a fragmented heap comes back, with every byte of the kept objects checked.

pub(crate) mod contents;
pub(crate) mod gauge;
mod measured;
mod outcome;
mod plan;
mod report;
mod span;

pub(crate) use measured::run_plan;
pub(crate) use plan::hash;

use crate::allocators::{Allocator, Selection};
use crate::cgroup::{self, MemoryGroup};
use crate::launch::{self, Running};
use crate::{bytes, child, probe, progress, share};
use anyhow::{Context, Result, bail};
use outcome::Outcome;
use plan::{Keep, Plan};
use std::path::Path;
use std::time::Duration;

/// Fragments a heap under each allocator.
///
/// A child process allocates objects, frees most of them, waits, and then checks and rewrites every kept byte. Released
/// is what the heap's physical memory fell by between `all live` and `after wait`; the bound is what it would fall
/// by if the kept objects filled as few spans as possible, where a span is the smallest run of pages with room for two
/// objects and at most 2% left over.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Bytes to allocate
    #[arg(long, default_value = "64MiB", value_parser = bytes::parse)]
    total: u64,
    /// An object size; may be repeated, each object then has one of them at random
    #[arg(long = "size", value_name = "SIZE", default_value = "256", value_parser = bytes::parse)]
    sizes: Vec<u64>,
    /// The share of the objects to keep
    #[arg(long, default_value = "10%", value_parser = share::parse)]
    keep: f64,
    /// Which objects to keep: `random`, or `every:K` for every K-th (then --keep says nothing)
    #[arg(long, default_value = "random", value_parser = plan::parse_pattern)]
    pattern: plan::Pattern,
    /// Seconds between freeing and the last look
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS", value_parser = seconds)]
    wait: f64,
    /// Allocate nothing at all during the wait
    #[arg(long)]
    quiet_wait: bool,
    /// Call malloc_trim(0) after freeing
    #[arg(long)]
    trim: bool,
    /// Seed of sizes, kept objects and contents
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one line of JSON for each allocator
    #[arg(long)]
    json: bool,
    /// Fail unless every allocator releases at least this share of the bound
    #[arg(long, value_name = "PERCENT", value_parser = share::parse_percent)]
    min_released: Option<f64>,
    /// Damage one kept object, to see that the check finds it
    #[arg(long, hide = true)]
    corrupt: bool,
}

/// Most different sizes in one run.
const MOST_SIZES: usize = 32;

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err(format!("`{text}` is not between 0 and 3600 seconds")),
    }
}

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let plan = args.plan()?;
    let allocators = args.selection.resolve()?;
    probe::verify_all(&allocators)?;
    let groups = cgroup::parent();
    let bar = progress::bar(allocators.len());
    let mut outcomes = Vec::new();
    for allocator in &allocators {
        bar.set_message(allocator.name.clone());
        let outcome =
            measure(allocator, &plan, groups.as_deref()).with_context(|| allocator.name.clone())?;
        bar.inc(1);
        outcomes.push((allocator.name.as_str(), outcome));
    }
    bar.finish_and_clear();
    if args.json {
        report::print_json(&plan, &outcomes)?;
    } else {
        report::print(&plan, &outcomes);
    }
    judge(&outcomes, args.min_released)
}

impl Args {
    fn plan(&self) -> Result<Plan> {
        if self.sizes.len() > MOST_SIZES || self.sizes.contains(&0) {
            bail!("from 1 to {MOST_SIZES} sizes above zero, please");
        }
        if self.sizes.iter().any(|&size| size > self.total) {
            bail!("--total is smaller than one object");
        }
        let keep = match self.pattern {
            plan::Pattern::Random => Keep::Share(self.keep),
            plan::Pattern::Every(step) => Keep::Every(step),
        };
        Ok(Plan {
            total: self.total,
            sizes: self.sizes.iter().map(|&size| size as usize).collect(),
            keep,
            wait_s: self.wait,
            quiet_wait: self.quiet_wait,
            trim: self.trim,
            seed: self.seed,
            corrupt: self.corrupt,
        })
    }
}

/// One child, in a control group of its own if `groups` is a directory to make one in.
fn measure(allocator: &Allocator, plan: &Plan, groups: Option<&Path>) -> Result<Outcome> {
    let group = groups.map(MemoryGroup::inside).transpose()?;
    let (mut command, output) = launch::with_output(child::command(&["fragment"])?)?;
    command
        .arg(serde_json::to_string(plan)?)
        .args(group.as_ref().map(MemoryGroup::charges));
    allocator.preload(&mut command);
    // Ample: a gigabyte takes seconds.
    let limit = Duration::from_secs_f64(plan.wait_s + 60.0 + plan.total as f64 / (16 << 20) as f64);
    Running::start(command, group.as_ref())?
        .wait(limit)?
        .success()?;
    serde_json::from_str(&launch::read_back(output)?).context("the child's outcome")
}

/// An error that names everything that went wrong, in one line.
fn judge(outcomes: &[(&str, Outcome)], min_released: Option<f64>) -> Result<()> {
    let faults: Vec<String> = outcomes
        .iter()
        .filter_map(|(name, outcome)| {
            if let Some(damage) = &outcome.damage {
                return Some(format!("{name}: {damage}"));
            }
            let percent = outcome
                .released_share()
                .map_or(100.0, |share| share * 100.0);
            let asked = min_released.filter(|&asked| percent < asked)?;
            Some(format!(
                "{name}: released {percent:.1}% of the bound, asked for {asked}%"
            ))
        })
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        bail!("{}", faults.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauge::Heap;
    use outcome::Damage;

    fn outcome(released_pages: u64) -> Outcome {
        Outcome {
            full: Heap {
                mapped: 110 << 12,
                charged: None,
            },
            settled: Heap {
                mapped: (110 - released_pages) << 12,
                charged: None,
            },
            minimum_pages: 10,
            ..Outcome::default()
        }
    }

    #[test]
    fn less_than_asked_is_an_error_that_says_so() {
        assert!(judge(&[("a", outcome(90))], Some(90.0)).is_ok());
        let error = judge(&[("a", outcome(90)), ("b", outcome(50))], Some(80.0)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "b: released 50.0% of the bound, asked for 80%"
        );
    }

    #[test]
    fn damage_is_an_error_whatever_was_released() {
        let damaged = Outcome {
            damage: Some(Damage {
                object: 7,
                offset: 3,
                rewritten: false,
            }),
            ..outcome(100)
        };
        let error = judge(&[("a", damaged)], None).unwrap_err().to_string();
        assert!(
            error.starts_with("a: ") && error.contains("object 7") && error.contains("byte 3"),
            "{error}"
        );
    }
}
