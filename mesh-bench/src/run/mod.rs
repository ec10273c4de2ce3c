//! `mesh-bench run`: programs under each allocator, interleaved.

pub(crate) mod page;
pub(crate) mod record;
pub(crate) mod report;
mod session;
pub(crate) mod summary;

use crate::allocators::{Allocator, Role, Selection};
use crate::meter::{self, Meter};
use crate::site::Scale;
use crate::workloads::{self, Suite, Workload};
use crate::{probe, programs};
use anyhow::{Result, bail};
use record::Files;
use session::Session;
use std::path::PathBuf;

/// Runs workloads under each allocator and compares them.
///
/// In every round each allocator runs once, and each round starts with another one; the first round is a warm-up that
/// does not count. One allocator runs a second time under another name: what differs between the two is noise.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Workloads, or suites of them: micro (those of this tool), programs, all, startup [default: all]
    #[arg(value_name = "WORKLOAD_OR_SUITE")]
    workloads: Vec<String>,
    #[command(flatten)]
    selection: Selection,
    /// Counted runs of each workload under each allocator [default: 5, with --quick 1]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: Option<u16>,
    /// A tenth of the work
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    files: Files,
    /// Write a web page with tables and plots to this directory
    #[arg(long, value_name = "DIRECTORY")]
    report: Option<PathBuf>,
    /// Show the workloads and end
    #[arg(long)]
    list: bool,
    /// How peak memory is found
    #[arg(long, value_enum, default_value = "auto")]
    memory: meter::Choice,
    /// Run no allocator twice
    #[arg(long)]
    no_canary: bool,
}

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    if args.list {
        for (suite, of) in [
            ("micro", Suite::Micro),
            ("programs", Suite::Programs),
            ("startup", Suite::Startup),
        ] {
            println!("{suite}:");
            for workload in of.workloads() {
                println!("  {:<18} {}", workload.name, workload.about);
            }
        }
        return Ok(());
    }
    let chosen = args.chosen()?;
    let mut allocators = args.selection.resolve()?;
    probe::verify_all(&allocators)?;
    if !args.no_canary {
        allocators.extend(canary(&allocators));
    }
    let session = Session {
        allocators,
        meter: Meter::choose(args.memory)?,
        scale: if args.quick {
            Scale::Quick
        } else {
            Scale::Full
        },
        repeat: args
            .repeat
            .map_or(if args.quick { 1 } else { 5 }, usize::from),
    };
    let seen = session.run(&chosen)?;
    session.report(&chosen, &seen, args.report.as_deref())?;
    args.files.write(&seen.records)?;
    if seen.failures.is_empty() {
        Ok(())
    } else {
        bail!("{}", seen.failures.join("; "))
    }
}

impl Args {
    /// The workloads asked for, each once; of a suite, those whose programs are installed.
    fn chosen(&self) -> Result<Vec<&'static Workload>> {
        if self.workloads.is_empty() {
            return Ok(installed(Suite::All));
        }
        let mut chosen: Vec<&Workload> = Vec::new();
        for name in &self.workloads {
            let named = match Suite::named(name) {
                Some(suite) => installed(suite),
                None => vec![workloads::named(name)?],
            };
            for workload in named {
                if chosen.iter().all(|other| other.name != workload.name) {
                    chosen.push(workload);
                }
            }
        }
        Ok(chosen)
    }
}

/// The workloads of a suite whose programs are installed, with a line on stderr for each that is left out.
fn installed(suite: Suite) -> Vec<&'static Workload> {
    let here = |workload: &&Workload| {
        let mut needs = workload.needs.iter();
        match needs.find_map(|name| programs::find(name).err()) {
            Some(reason) => {
                eprintln!("mesh-bench: left out: {}: {reason}", workload.name);
                false
            }
            None => true,
        }
    };
    suite.workloads().filter(here).collect()
}

/// The first peer again, or the first allocator where there is no peer.
pub(crate) fn canary(allocators: &[Allocator]) -> Option<Allocator> {
    let peer = allocators
        .iter()
        .find(|allocator| allocator.role == Role::Peer);
    peer.or(allocators.first()).map(Allocator::canary)
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

    fn chosen(words: &[&str]) -> Result<Vec<&'static str>> {
        let line = ["run"].iter().chain(words);
        let chosen = Line::try_parse_from(line)?.args.chosen()?;
        Ok(chosen.iter().map(|workload| workload.name).collect())
    }

    #[test]
    fn suites_and_names_can_be_mixed_and_none_comes_twice() {
        assert_eq!(
            chosen(&["sh6", "larson", "sh6"]).unwrap(),
            ["sh6", "larson"]
        );
        let names = chosen(&["larson", "micro", "gcc"]).unwrap();
        assert_eq!(names.len(), Suite::Micro.workloads().count() + 1);
        assert_eq!((names[0], names[names.len() - 1]), ("larson", "gcc"));
        assert!(chosen(&["macro"]).is_err());
    }
}
