//! `mesh stats`: what a running process holds, and what its heap says.

mod json;
mod prometheus;
mod text;

pub(crate) use text::{lines, pages};

use std::io::{Write, stdout};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::process::{Snapshot, descendants};

/// Shows what a running process holds, and what meshing saves
///
/// Physical memory is the process's part of all pages (Pss) and its page tables. The figures of the heap are those that libmesh publishes
/// in the memory of the process, about once a second; nothing is asked of the process for that.
///
/// The exit status is 0 if figures of the heap were read, of one process at least; 1 if only /proc could be; 125 if there is no such process.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mesh stats 1234
  mesh stats 1234 --children --watch 5
  mesh stats 1234 --prometheus > /var/lib/node_exporter/mesh.prom")]
pub(crate) struct Args {
    /// The number of the process
    #[arg(value_parser = clap::value_parser!(i32).range(1..))]
    pid: i32,
    /// Write JSON: an object with a list of processes
    #[arg(long, conflicts_with = "prometheus")]
    json: bool,
    /// Write the text format of Prometheus
    #[arg(long)]
    prometheus: bool,
    /// All that descend from the process, too
    #[arg(long)]
    children: bool,
    /// Again every so many seconds, until the process ends
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    watch: Option<Duration>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    match Duration::try_from_secs_f64(number) {
        Ok(pause) if number >= 0.1 => Ok(pause),
        _ => Err("at least 0.1".to_owned()),
    }
}

/// The status when there are no figures of any heap.
const ONLY_PROC: u8 = 1;

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut seen = look(args)?;
    let status = if seen.iter().any(|one| one.figures.is_ok()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(ONLY_PROC)
    };
    loop {
        let text = show(args, &seen)?;
        // Nobody reads on.
        if stdout()
            .write_all(text.as_bytes())
            .and_then(|()| stdout().flush())
            .is_err()
        {
            return Ok(status);
        }
        let Some(pause) = args.watch else {
            return Ok(status);
        };
        std::thread::sleep(pause);
        match look(args) {
            Ok(next) => seen = next,
            // It has ended.
            Err(_) => return Ok(status),
        }
    }
}

/// The process, and its descendants if they are asked for.
fn look(args: &Args) -> Result<Vec<Snapshot>> {
    let first = Snapshot::take(args.pid)?;
    let mut all = vec![first];
    if args.children {
        let others = descendants(args.pid)?.into_iter().skip(1);
        all.extend(others.filter_map(|pid| Snapshot::take(pid).ok()));
    }
    Ok(all)
}

fn show(args: &Args, seen: &[Snapshot]) -> Result<String> {
    Ok(if args.prometheus {
        prometheus::page(seen)
    } else if args.json {
        let page = json::page(seen);
        // A line each, when there are many.
        let text = match args.watch {
            Some(_) => serde_json::to_string(&page)?,
            None => serde_json::to_string_pretty(&page)?,
        };
        text + "\n"
    } else {
        text::page(seen) + if args.watch.is_some() { "\n" } else { "" }
    })
}
