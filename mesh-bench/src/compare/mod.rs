//! `mesh-bench compare`: a command of the user's under each allocator, interleaved.

mod order;
mod presence;

use crate::allocators::{Allocator, Role, Selection};
use crate::history::History;
use crate::launch::last_line;
use crate::meter::{self, Meter, Run};
use crate::plot::{Line, Lines};
use crate::run::page::{Page, Section};
use crate::run::record::{Files, MeasuredRun};
use crate::run::{self, report, summary};
use crate::{interrupt, probe, progress, rotation};
use anyhow::{Context, Result, bail};
use order::Order;
use presence::Presence;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitStatus;

/// Runs a command of yours under each allocator and compares them.
///
/// First it runs once under glibc: that warms up, and says which exit status is expected of all other runs. In every
/// round each allocator then runs once, and each round starts with another one. One allocator runs a second time under
/// another name: what differs between the two is noise.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Counted runs under each allocator; the table shows medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Draw physical memory over time, in the first run under each allocator, as an SVG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Write a web page with the table and plots to this directory
    #[arg(long, value_name = "DIRECTORY")]
    report: Option<PathBuf>,
    #[command(flatten)]
    files: Files,
    /// How peak memory is found
    #[arg(long, value_enum, default_value = "auto")]
    memory: meter::Choice,
    /// Run no allocator twice
    #[arg(long)]
    no_canary: bool,
    #[command(flatten)]
    order: Order,
}

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut allocators = args.selection.resolve()?;
    let glibc = Allocator::named("glibc")?;
    probe::verify_all(&allocators)?;
    if !args.no_canary {
        allocators.extend(run::canary(&allocators));
    }
    let meter = Meter::choose(args.memory)?;
    let first = start(&args.order, &glibc, &meter, &mut Presence::default())
        .context("the first run, under glibc")?;
    let expected = first.status;
    if !expected.success() {
        eprintln!(
            "mesh-bench: the command fails under glibc, and is to do so under all others: {expected}{}",
            first.last_words
        );
    }
    let seen = compare(args, &allocators, &meter, expected)?;
    let method = format!(
        "{expected} under glibc; medians of {} runs; physical memory: {}",
        args.repeat,
        meter.name()
    );
    report(args, &allocators, &method, &seen)?;
    args.files.write(&seen.records)?;
    if seen.failures.is_empty() {
        Ok(())
    } else {
        bail!("{}", seen.failures.join("; "))
    }
}

/// All runs.
#[derive(Default)]
struct Seen {
    records: Vec<MeasuredRun>,
    /// Memory over time in the first run of each allocator, by its index.
    histories: BTreeMap<usize, History>,
    failures: Vec<String>,
}

fn compare(
    args: &Args,
    allocators: &[Allocator],
    meter: &Meter,
    expected: ExitStatus,
) -> Result<Seen> {
    let repeat = usize::from(args.repeat);
    let bar = progress::bar(repeat * allocators.len());
    let mut presences: Vec<Presence> = allocators.iter().map(|_| Presence::default()).collect();
    let mut failed = BTreeSet::new();
    let mut seen = Seen::default();
    for round in 1..=repeat {
        for index in rotation::order(allocators.len(), round) {
            let allocator = &allocators[index];
            bar.set_message(allocator.name.clone());
            if failed.contains(&index) {
                continue;
            }
            let run = start(&args.order, allocator, meter, &mut presences[index]);
            bar.inc(1);
            match run.and_then(|ended| as_expected(&ended, expected).map(|()| ended.run)) {
                Ok(run) => {
                    let name = args.order.name();
                    let took = run.measurement;
                    let record =
                        MeasuredRun::new(&name, &allocator.name, round, meter.name(), took);
                    seen.records.push(record);
                    seen.histories.entry(index).or_insert(run.history);
                }
                Err(error) => {
                    interrupt::check()?;
                    failed.insert(index);
                    seen.failures.push(format!("{}: {error:#}", allocator.name));
                }
            }
        }
    }
    bar.finish_and_clear();
    for (allocator, presence) in allocators.iter().zip(&presences) {
        if presence.is_absent() {
            eprintln!(
                "mesh-bench: {}: {} was not seen in the command: is that statically linked?",
                allocator.name,
                allocator.library.display()
            );
        }
    }
    Ok(seen)
}

/// A run that was not ended by a signal.
struct Ended {
    status: ExitStatus,
    run: Run,
    /// The last line of its standard error, ready to be appended to a message.
    last_words: String,
}

/// Runs the command once.
fn start(
    order: &Order,
    allocator: &Allocator,
    meter: &Meter,
    presence: &mut Presence,
) -> Result<Ended> {
    let mut command = order.command()?;
    allocator.preload(&mut command);
    let (usage, run) = meter.observe(command, order.limit(), &mut |pid| {
        presence.look(pid, &allocator.library);
    })?;
    if order.shows_output() {
        eprint!("{}", usage.errors);
    }
    let status = usage.status();
    let last_words = last_line(&usage.errors);
    if status.code().is_none() {
        bail!("{status}{last_words}");
    }
    Ok(Ended {
        status,
        run,
        last_words,
    })
}

fn as_expected(ended: &Ended, expected: ExitStatus) -> Result<()> {
    if ended.status == expected {
        return Ok(());
    }
    let Ended {
        status, last_words, ..
    } = ended;
    bail!("{status}, but {expected} under glibc{last_words}")
}

/// Prints the table, and writes the plot and the page where they are asked for.
fn report(args: &Args, allocators: &[Allocator], method: &str, seen: &Seen) -> Result<()> {
    let name = args.order.name();
    let rows = summary::rows(&name, allocators, &seen.records);
    println!("{name}\n{method}\n");
    report::workload(&rows).print();
    println!("{}", report::LEGEND);
    let lines: Vec<Line> = seen
        .histories
        .iter()
        .map(|(&index, history)| (&allocators[index], history))
        .filter(|(allocator, _)| allocator.role != Role::Canary)
        .map(|(allocator, history)| Line::history(&allocator.name, history))
        .collect();
    if let Some(path) = &args.plot {
        let plot = Lines {
            title: &format!("{name}: physical memory"),
            x: "s",
            y: "MiB",
            lines: &lines,
        };
        plot.write(path)?;
    }
    let Some(directory) = &args.report else {
        return Ok(());
    };
    let overall = summary::overall(allocators, &[&rows]);
    let section = Section {
        name,
        about: String::new(),
        rows,
        lines,
    };
    let page = Page {
        title: "mesh-bench compare",
        method,
        sections: &[section],
        overall: &overall,
    };
    page.write(directory)
}
