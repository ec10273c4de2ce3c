//! `mesh-bench rails`: a Rails application under Puma, and its jobs under Sidekiq, in phases of load.

mod application;
pub(crate) mod checked;
mod http;
mod jobs;
mod load;
mod plan;
mod web;
mod worker;

use crate::allocators::{Allocator, Selection};
use crate::service::{self, Answers, Column, Quantity, Results, Trial};
use crate::site::Scale;
use crate::{cgroup, probe, programs, rotation};
use anyhow::Result;
use application::Application;
use plan::Plan;
use std::path::PathBuf;
use std::time::Duration;

/// Measures a Rails application in phases of load: physical memory over time, and CPU time.
///
/// A shop's back office of a few files, over SQLite and Debian's Rails, is served by Puma to five clients, and does jobs under Sidekiq. Each
/// gets a fixed number of mixed requests (or small jobs), then heavy exports, is asked for a full collection of garbage, gets a few requests
/// a second, and is left alone.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Trials of each allocator; the report shows medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Worker processes of Puma; 0: its five threads in one process
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=64))]
    workers: u16,
    /// Mixed requests
    #[arg(long, default_value_t = 1000)]
    requests: u64,
    /// Exports, by the server and again by the worker
    #[arg(long, default_value_t = 10)]
    exports: u64,
    /// Small jobs of the worker
    #[arg(long, default_value_t = 200)]
    jobs: u64,
    /// Seconds without load at the end
    #[arg(long, default_value_t = 10)]
    idle: u32,
    /// A tenth of the data, of the work and of the times
    #[arg(long)]
    quick: bool,
    /// Draw memory over time, in the first trial of each allocator, as web.svg and worker.svg
    #[arg(long, value_name = "DIRECTORY")]
    plot: Option<PathBuf>,
    /// Print one line of JSON for each trial and server, samples included, then one for each allocator
    #[arg(long)]
    json: bool,
}

/// Both servers under one allocator.
struct Pair {
    web: Trial,
    worker: Trial,
}

/// Customers, products, orders and lines grow with it.
const SCALE: u64 = 100;
const LIGHT: u64 = 100;

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    for program in ["ruby", "puma", "sidekiq", "redis-server"] {
        programs::find(program)?;
    }
    let allocators = args.selection.resolve_for_server()?;
    probe::verify_all(&allocators)?;
    let directory = tempfile::Builder::new()
        .prefix("mesh-bench-rails")
        .tempdir()?;
    let application = Application::create(directory.path(), args.scale().of(SCALE))?;
    let plan = args.plan();
    let groups = cgroup::parent();
    let (web_answers, worker_answers) = (Answers::default(), Answers::default());
    let trials = rotation::run(&allocators, args.repeat.into(), "rails", |allocator| {
        let web = web::run(&application, allocator, &plan, groups.as_deref())?;
        web_answers.compare(allocator, &web)?;
        let worker = worker::run(&application, allocator, &plan, groups.as_deref())?;
        worker_answers.compare(allocator, &worker)?;
        Ok(Pair { web, worker })
    })?;
    report(args, &allocators, &trials)
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
            workers: self.workers,
            requests: scale.of(self.requests),
            exports: scale.of(self.exports),
            jobs: scale.of(self.jobs),
            light: scale.of(LIGHT),
            idle: Duration::from_millis(idle_ms),
        }
    }
}

const MEMORY: [Column; 10] = [
    Column::of("boot", Quantity::End, "boot"),
    Column::of("steady", Quantity::End, "steady"),
    Column::of("batch", Quantity::End, "batch"),
    Column::of("GC", Quantity::End, "gc"),
    Column::of("light", Quantity::End, "light"),
    Column::of("idle", Quantity::End, "idle"),
    Column::of("idle", Quantity::End, "idle").ratio("/glibc"),
    Column::whole("peak", Quantity::Peak),
    Column::whole("mean", Quantity::Mean),
    Column::of("kernel", Quantity::Kernel, "idle"),
];

const TIME: [Column; 11] = [
    Column::of("boot", Quantity::Cpu, "boot"),
    Column::of("steady", Quantity::Cpu, "steady"),
    Column::of("steady", Quantity::Cpu, "steady").ratio("/glibc"),
    Column::of("batch", Quantity::Cpu, "batch"),
    Column::of("batch", Quantity::Cpu, "batch").ratio("/glibc"),
    Column::of("GC", Quantity::Cpu, "gc"),
    Column::of("light", Quantity::Cpu, "light"),
    Column::of("idle", Quantity::Cpu, "idle"),
    Column::whole("all", Quantity::Cpu),
    Column::whole("all", Quantity::Cpu).ratio("/glibc"),
    Column::of("steady/s", Quantity::Rate, "steady"),
];

fn report(args: &Args, allocators: &[Allocator], trials: &[(usize, Pair)]) -> Result<()> {
    let web = trials.iter().map(|(index, pair)| (*index, &pair.web));
    let worker = trials.iter().map(|(index, pair)| (*index, &pair.worker));
    let web = Results::new("web", allocators, web);
    let worker = Results::new("worker", allocators, worker);
    let titles = [
        ("Puma", "Rails under Puma", &web),
        ("Sidekiq", "Rails under Sidekiq", &worker),
    ];
    if !args.json {
        println!("{}\n", args.headline());
    }
    for (server, title, results) in titles {
        if args.json {
            service::print_json(results)?;
        } else {
            let memory = format!("{server}: MiB at the end of each phase");
            service::print(&memory, results, &MEMORY);
            let time = format!("{server}: CPU seconds of each phase");
            service::print(&time, results, &TIME);
        }
        if let Some(directory) = &args.plot {
            let title = format!("{title}: physical memory over time");
            service::plot(&title, results, directory)?;
        }
    }
    Ok(())
}

impl Args {
    fn headline(&self) -> String {
        let plan = self.plan();
        format!(
            "Rails: {} mixed requests, {} exports, collection, {} requests one by one, {:.1} s idle; {} worker processes; \
            the same with {} jobs; medians of {}",
            plan.requests,
            plan.exports,
            plan.light,
            plan.idle.as_secs_f64(),
            plan.workers,
            plan.jobs,
            self.repeat
        )
    }
}
