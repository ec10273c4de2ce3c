//! `mesh-bench paper`: physical memory over time in the experiments of Powers, Tench, Berger and McGregor, "Mesh:
//! Compacting Memory Management for C/C++ Applications" (PLDI 2019), section 6, and in some of their kind.
//!
//! One file for each experiment, and a line in [`ALL`].

mod browser;
mod experiment;
mod export;
mod marks;
mod perl;
mod quantity;
mod redis;
mod report;
mod robson;
mod ruby;
mod summary;
mod target;
mod trial;
mod watched;

use crate::allocators::{Allocator, Selection};
use crate::site::{Scale, Site};
use crate::{cgroup, probe, programs, rotation};
use anyhow::{Context, Result, bail};
pub(crate) use experiment::Work;
use experiment::{Bench, Experiment};
use robson::Sight;
use std::path::PathBuf;
use summary::Results;

/// Physical memory over time in the experiments of the paper.
///
/// In every round each allocator runs once, and each round starts with another one. The tables show medians, and beside
/// them what is asked of Mesh, against the peers of the same run.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Experiments, by name or group [default: all whose programs are installed]
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(names()))]
    experiments: Vec<String>,
    #[command(flatten)]
    selection: Selection,
    /// Trials of each allocator; the tables show medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// A tenth of the work; says nothing about the targets
    #[arg(long)]
    quick: bool,
    /// Write a plot of memory over time for each experiment, table.csv and samples.json into this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// All experiments, in the order of the report.
const ALL: &[Experiment] = &[
    redis::LRU,
    redis::LRU_PINGED,
    redis::BURST,
    redis::BURST_AGED,
    redis::BURST_PINGED,
    ruby::STRINGS,
    perl::MAIL,
    browser::TABS,
    robson::ADDRESSES,
    robson::ORDER,
];

/// Does the work of an experiment of our own in this process, which is watched.
pub(crate) fn run_own(work: Work, quick: bool) -> Result<()> {
    let scale = if quick { Scale::Quick } else { Scale::Full };
    match work {
        Work::Browser => browser::work(scale),
        Work::RobsonAddresses => robson::work(scale, Sight::Addresses),
        Work::RobsonOrder => robson::work(scale, Sight::Order),
    }
}

/// What may be asked for: names and groups, each once.
fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = ALL.iter().flat_map(|one| [one.group, one.name]).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let chosen = args.chosen()?;
    let usual = args.selection.resolve()?;
    let variants = args.variants_for(&chosen);
    probe::verify_all(&usual)?;
    probe::verify_all(&variants)?;
    if let Some(directory) = &args.out {
        std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    }
    let scale = if args.quick {
        Scale::Quick
    } else {
        Scale::Full
    };
    let groups = cgroup::parent();
    report::print_preface(args.repeat, scale, groups.is_some());
    let mut all = Vec::new();
    for experiment in chosen {
        let directory = tempfile::Builder::new()
            .prefix("mesh-bench-paper")
            .tempdir()?;
        let site = Site {
            directory: directory.path(),
            scale,
        };
        let groups = groups.as_deref();
        let allocators = experiment.allocators(&usual, &variants);
        let body = (experiment.prepare)(Bench { site, groups })?;
        let trials = rotation::run(&allocators, args.repeat.into(), experiment.name, body)
            .with_context(|| experiment.name)?;
        let results = Results::of(experiment, &allocators, trials);
        report::print(&results, scale);
        if let Some(directory) = &args.out {
            export::plot(&results, scale, directory)?;
        }
        all.push(results);
    }
    match &args.out {
        Some(directory) => export::figures(&all, directory),
        None => Ok(()),
    }
}

impl Args {
    /// The variants that some of the experiments want, each once.
    fn variants_for(&self, experiments: &[&Experiment]) -> Vec<Allocator> {
        let mut names: Vec<_> = experiments.iter().flat_map(|one| one.variants).collect();
        names.sort_unstable();
        names.dedup();
        let names: Vec<&str> = names.into_iter().copied().collect();
        self.selection.beside_default(&names)
    }

    fn chosen(&self) -> Result<Vec<&'static Experiment>> {
        let asked = |one: &&Experiment| {
            let mut names = self.experiments.iter();
            names.any(|name| name == one.name || name == one.group)
        };
        if !self.experiments.is_empty() {
            let chosen: Vec<_> = ALL.iter().filter(asked).collect();
            chosen.iter().try_for_each(|one| one.expect_programs())?;
            return Ok(chosen);
        }
        let mut found = Vec::new();
        for one in ALL {
            match one.expect_programs() {
                Ok(()) => found.push(one),
                Err(reason) => eprintln!("mesh-bench: left out: {}: {reason:#}", one.name),
            }
        }
        if found.is_empty() {
            bail!("no experiment can run here");
        }
        Ok(found)
    }
}

impl Experiment {
    /// The usual allocators, and those of the variants that this experiment wants.
    fn allocators(&self, usual: &[Allocator], variants: &[Allocator]) -> Vec<Allocator> {
        let wanted = |one: &&Allocator| self.variants.contains(&one.name.as_str());
        usual
            .iter()
            .chain(variants.iter().filter(wanted))
            .cloned()
            .collect()
    }

    fn expect_programs(&self) -> Result<()> {
        self.needs
            .iter()
            .try_for_each(|name| programs::find(name).map(drop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_distinct_and_a_group_has_all_of_its_own() {
        let names: BTreeSet<_> = ALL.iter().map(|one| one.name).collect();
        assert_eq!(names.len(), ALL.len());
        let args = Args {
            experiments: vec!["redis".into()],
            selection: Selection::default(),
            repeat: 1,
            quick: true,
            out: None,
        };
        let chosen: Vec<_> = args.chosen().unwrap().iter().map(|one| one.name).collect();
        assert_eq!(
            chosen,
            [
                "redis-lru",
                "redis-lru-pinged",
                "redis-burst",
                "redis-burst-aged",
                "redis-burst-pinged"
            ]
        );
    }
}
