//! `mesh-bench postgres`: PostgreSQL with many sessions, in phases of load.

mod account;
pub(crate) mod checked;
mod cluster;
mod pgbench;
mod plan;
mod pool;
mod session;
mod trial;

use crate::allocators::Selection;
use crate::service::{self, Answers, Column, Quantity, Results};
use crate::site::Scale;
use crate::{cgroup, probe, rotation};
use anyhow::Result;
use cluster::Cluster;
use plan::Plan;
use std::path::PathBuf;
use std::time::Duration;

/// Measures PostgreSQL with many sessions in phases of load: physical memory over time, CPU time, transactions per second.
///
/// A cluster in a temporary directory gets transactions of pgbench, of reads only, then of the TPC-B-like kind, from many sessions at once.
/// Then a pool of as many sessions, which stay, asks for joins and aggregates over many tables, is left alone, and is closed.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Trials of each allocator; the report shows medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Sessions at once
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    sessions: u16,
    /// Transactions of each session that only read
    #[arg(long, default_value_t = 2000)]
    reads: u64,
    /// TPC-B-like transactions of each session
    #[arg(long, default_value_t = 200)]
    writes: u64,
    /// Queries of each session of the pool
    #[arg(long, default_value_t = 100)]
    queries: u64,
    /// Seconds without load, with the pool open
    #[arg(long, default_value_t = 10)]
    idle: u32,
    /// A tenth of the data, of the work and of the times, and a fifth of the sessions
    #[arg(long)]
    quick: bool,
    /// Draw memory over time, in the first trial of each allocator, as postgres.svg
    #[arg(long, value_name = "DIRECTORY")]
    plot: Option<PathBuf>,
    /// Print one line of JSON for each trial, samples included, then one for each allocator
    #[arg(long)]
    json: bool,
}

/// pgbench's: 100,000 accounts for each unit.
const SCALE: u64 = 10;

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let allocators = args.selection.resolve_for_server()?;
    probe::verify_all(&allocators)?;
    let plan = args.plan();
    let original = Cluster::create(|server| {
        pgbench::initialize(server, args.scale().of(SCALE))?;
        pool::create_tables(&mut server.session()?)
    })?;
    let groups = cgroup::parent();
    let answers = Answers::default();
    let trials = rotation::run(&allocators, args.repeat.into(), "postgres", |allocator| {
        let trial = trial::run(&original, allocator, &plan, groups.as_deref())?;
        answers.compare(allocator, &trial)?;
        Ok(trial)
    })?;
    let trials = trials.iter().map(|(index, trial)| (*index, trial));
    report(args, &Results::new("postgres", &allocators, trials))
}

impl Args {
    fn scale(&self) -> Scale {
        if self.quick {
            Scale::Quick
        } else {
            Scale::Full
        }
    }

    fn plan(&self) -> Plan {
        let scale = self.scale();
        let idle_ms = scale.of(u64::from(self.idle) * 1000);
        Plan {
            sessions: if self.quick {
                self.sessions.div_ceil(5)
            } else {
                self.sessions
            },
            reads: scale.of(self.reads),
            writes: scale.of(self.writes),
            queries: scale.of(self.queries),
            idle: Duration::from_millis(idle_ms),
        }
    }

    fn headline(&self) -> String {
        let plan = self.plan();
        format!(
            "PostgreSQL, {} sessions: {} reads each, {} TPC-B-like transactions each, a pool with {} queries each, {:.1} s idle; medians of {}",
            plan.sessions,
            plan.reads,
            plan.writes,
            plan.queries,
            plan.idle.as_secs_f64(),
            self.repeat
        )
    }
}

const MEMORY: [Column; 9] = [
    Column::of("boot", Quantity::End, "boot"),
    Column::of("reads", Quantity::Mean, "reads"),
    Column::of("writes", Quantity::Mean, "writes"),
    Column::of("pool", Quantity::End, "pool"),
    Column::of("idle", Quantity::End, "idle"),
    Column::of("idle", Quantity::End, "idle").ratio("/glibc"),
    Column::of("closed", Quantity::End, "closed"),
    Column::whole("peak", Quantity::Peak),
    Column::of("kernel", Quantity::Kernel, "idle"),
];

const TIME: [Column; 10] = [
    Column::of("reads/s", Quantity::Rate, "reads"),
    Column::of("reads/s", Quantity::Rate, "reads").ratio("/glibc"),
    Column::of("writes/s", Quantity::Rate, "writes"),
    Column::of("writes/s", Quantity::Rate, "writes").ratio("/glibc"),
    Column::of("CPU reads", Quantity::Cpu, "reads"),
    Column::of("CPU writes", Quantity::Cpu, "writes"),
    Column::of("CPU pool", Quantity::Cpu, "pool"),
    Column::of("CPU pool", Quantity::Cpu, "pool").ratio("/glibc"),
    Column::whole("all", Quantity::Cpu),
    Column::whole("all", Quantity::Cpu).ratio("/glibc"),
];

fn report(args: &Args, results: &Results) -> Result<()> {
    if args.json {
        service::print_json(results)?;
    } else {
        println!("{}\n", args.headline());
        let memory = "MiB: means of reads and writes, else at the end of the phase";
        service::print(memory, results, &MEMORY);
        service::print("Transactions per second; CPU seconds", results, &TIME);
    }
    match &args.plot {
        Some(directory) => {
            service::plot("PostgreSQL: physical memory over time", results, directory)
        }
        None => Ok(()),
    }
}
