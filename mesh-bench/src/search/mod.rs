//! `mesh-bench search`: how many pages each search for spans to mesh releases, and in how much time.
//!
//! No process is started and no memory is meshed: the searches are pure functions over bitmaps.

mod args;
mod bound;
mod case;
mod draw;
mod long;
mod report;
mod trial;

pub(crate) use args::Args;

use crate::{interrupt, progress};
use anyhow::{Result, ensure};
use case::Case;

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    if let Some(folder) = &args.plot {
        ensure!(folder.is_dir(), "{}: no such folder", folder.display());
    }
    let bar = progress::bar(args.slots.len() * args.live.len());
    let mut cases = Vec::new();
    for &slots in &args.slots {
        for &percent in &args.live {
            interrupt::check()?;
            bar.set_message(format!("{slots} slots, {percent}%"));
            cases.push(Case::measure(args, slots, percent)?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    if args.json {
        report::print_json(&cases)?;
    } else {
        println!("{} spans, seed {}", args.spans, args.seed);
        report::print(&cases, args.spans);
    }
    match &args.plot {
        Some(folder) => report::plot(&cases, args.spans, folder),
        None => Ok(()),
    }
}
