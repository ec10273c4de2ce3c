//! `mesh-bench scale`: what locks cost, and what they would cost on machines with more processors than this one.
//!
//! * `measured`, `work`, `pages`: the measured process, and what it notes;
//! * `recording`, `sites`, `names`, `streams`: who held which lock for how long, from `libmesh_timed.so`;
//! * `lackey`, `count`: instructions and lines under each lock, from valgrind;
//! * `simulate`: the model;
//! * `transfer`, `clock`: the machine;
//! * `run`, `row`, `report`: one workload, its figures, and all of them as tables.

mod clock;
mod count;
mod lackey;
mod measured;
mod names;
mod pages;
mod recording;
mod report;
mod row;
mod run;
mod simulate;
mod sites;
mod streams;
mod transfer;
mod work;

pub(crate) use measured::run_plan;

use crate::allocators::{Allocator, Selection};
use crate::{library, probe};
use anyhow::{Context, Result, bail};
use clock::Tick;
use row::Row;
use std::path::PathBuf;
use work::Work;

/// Counts what is done under each lock, and says how workloads would scale to more processors.
///
/// A model over recorded runs: see docs/benchmarks.md for what it leaves out.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A workload, as often as you like [default: all of this command]
    #[arg(long = "workload", value_name = "NAME")]
    workloads: Vec<String>,
    /// The length of recordings and checks, 1 being a second or two of each, and of counts
    #[arg(long, default_value_t = 1.0, value_parser = share)]
    length: f64,
    /// Numbers of processors
    #[arg(long, value_delimiter = ',', default_value = "1,2,4,8,16,32,64", value_parser = clap::value_parser!(u16).range(1..=4096))]
    processors: Vec<u16>,
    /// Split each lock in so many, by the number of the thread: one model for each number
    #[arg(long, value_delimiter = ',', default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1024))]
    shards: Vec<u16>,
    /// Nanoseconds that a line takes from one processor to another [default: as measured here]
    #[arg(long, value_name = "NS", value_parser = nanoseconds)]
    transfer_ns: Option<f64>,
    /// What a line of the other node's memory costs, in lines of one's own
    #[arg(long, default_value_t = 2.0, value_name = "TIMES", value_parser = nanoseconds)]
    remote: f64,
    /// Runs of each check, on one processor and on two
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Parts to leave out
    #[arg(long, value_delimiter = ',', value_name = "PART")]
    skip: Vec<Part>,
    /// libmesh_timed.so, if it is not beside this program or in target/release
    #[arg(long, value_name = "PATH")]
    timed: Option<PathBuf>,
    /// The allocators whose pages are looked at; the first is the one that is checked
    #[command(flatten)]
    selection: Selection,
    /// Print one line of JSON for each workload
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Instructions and lines; the model takes four lines for each hold then.
    Count,
    /// This machine's two processors beside the model's.
    Check,
    /// Whose pages blocks are in.
    Pages,
}

const DEFAULT_LIBRARIES: [&str; 4] = ["mesh", "mimalloc", "jemalloc", "tcmalloc"];

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 100.0 => Ok(share),
        _ => Err(format!("`{text}` is not above 0 and up to 100")),
    }
}

fn nanoseconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1e6).contains(&number) => Ok(number),
        _ => Err(format!("`{text}` is not between 0 and 1000000")),
    }
}

/// What is the same for all workloads.
struct Bench<'a> {
    args: &'a Args,
    timed: PathBuf,
    allocators: Vec<Allocator>,
    processors: Vec<usize>,
    tick: Tick,
    transfer_ns: f64,
}

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let works = if args.workloads.is_empty() {
        work::ALL.iter().collect()
    } else {
        args.workloads
            .iter()
            .map(|name| work::named(name))
            .collect::<Result<Vec<_>>>()?
    };
    let bench = Bench::new(args)?;
    if !args.json {
        report::print_setting(bench.transfer_ns, args.length);
    }
    let (mut rows, mut outcome) = (Vec::new(), Ok(()));
    for work in works {
        eprintln!("mesh-bench: {}", work.name);
        match bench.row(work).context(work.name) {
            Ok(row) if args.json => println!("{}", serde_json::to_string(&row)?),
            Ok(row) => rows.push(row),
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    // What there is took minutes.
    if !rows.is_empty() {
        report::print(&rows, args.remote);
    }
    outcome
}

impl<'a> Bench<'a> {
    fn new(args: &'a Args) -> Result<Self> {
        let timed = match &args.timed {
            Some(path) => path
                .canonicalize()
                .with_context(|| path.display().to_string())?,
            None => library::variant("mesh-timed")?,
        };
        let allocators = if args.skips(Part::Check) && args.skips(Part::Pages) {
            Vec::new()
        } else {
            args.selection.resolve_or(&DEFAULT_LIBRARIES)?
        };
        probe::verify_all(&allocators)?;
        let transfer_ns = args.transfer_ns.map_or_else(transfer::measure, Ok)?;
        Ok(Self {
            args,
            timed,
            allocators,
            processors: transfer::processors()?,
            tick: Tick::measure()?,
            transfer_ns,
        })
    }

    fn row(&self, work: &Work) -> Result<Row> {
        let args = self.args;
        let counted = if args.skips(Part::Count) {
            None
        } else {
            Some(run::counted(work, args.length, &self.timed).context("count")?)
        };
        let first = *self.processors.first().context("no processor")?;
        let recorded = run::record(work, args.length, &self.timed, first, self.tick)?;
        let mut row = Row::of(work.name, &recorded, counted.as_ref());
        let numbers: Vec<usize> = args
            .processors
            .iter()
            .map(|&number| number.into())
            .collect();
        let (transfer_ps, counted) = (self.transfer_ns * 1e3, counted.as_ref());
        for &shards in &args.shards {
            let scaled = recorded.scale(counted, transfer_ps, shards.into(), &numbers);
            row.scaled(shards.into(), &numbers, &scaled, &recorded.locks);
        }
        if !args.skips(Part::Check) {
            let [first, second, ..] = *self.processors else {
                bail!("there is one processor, so nothing to check by: say --skip check");
            };
            let allocator = self.allocators.first().context("no allocator")?;
            let seconds = run::check(
                work,
                args.length,
                allocator,
                [first, second],
                args.repeat.into(),
            )?;
            row.checked(
                seconds,
                recorded.scale(counted, transfer_ps, 1, &[2]).first(),
            );
        }
        if !args.skips(Part::Pages) {
            for allocator in &self.allocators {
                let seen = run::pages(work, args.length, allocator)?;
                row.pages.push((allocator.name.clone(), seen));
            }
        }
        Ok(row)
    }
}

impl Args {
    fn skips(&self, part: Part) -> bool {
        self.skip.contains(&part)
    }
}
