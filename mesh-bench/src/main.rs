//! `mesh-bench`: measures Mesh and its peers as the `malloc` of whole processes.
//!
//! Every measurement runs in a child process with the allocator in `LD_PRELOAD`; this process only starts, samples and
//! reports. Memory is always physical memory: `Pss` plus page tables, or a control group's peak, never the resident
//! set size, which counts a page once for each of its mappings.
//!
//! Imports go down only: this file and `tasks`, what a child can be asked to do, know every experiment; the experiments
//! know how a child is started (`child`), measured and reported on; none of that knows an experiment.

mod allocators;
mod bars;
mod block;
mod bytes;
mod cgroup;
mod child;
mod compare;
mod course;
mod family;
mod fork;
mod fragment;
mod history;
mod instructions;
mod interrupt;
mod launch;
mod library;
mod malloc;
mod map;
mod mappings;
mod meter;
mod objects;
mod paper;
mod pause;
mod physical;
mod plot;
mod postgres;
mod probe;
mod processor;
mod programs;
mod progress;
mod rails;
mod redis;
mod rotation;
mod run;
mod sampler;
mod scale;
mod search;
mod servers;
mod service;
mod share;
mod site;
mod statistics;
mod table;
mod tasks;
mod traces;
mod workloads;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Measures Mesh and its peers: memory given back, time, and physical memory over time.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fragments a heap, waits, and says how much memory came back.
    Fragment(fragment::Args),
    /// Runs programs under each allocator: CPU time, wall time, peak memory, page faults.
    Run(run::Args),
    /// Runs a command of yours under each allocator: the same figures, and memory over time.
    Compare(compare::Args),
    /// Redis as a 100 MB LRU cache: memory over time.
    Redis(redis::Args),
    /// A Rails application under Puma and Sidekiq: memory over time, in phases.
    Rails(rails::Args),
    /// PostgreSQL with many sessions: memory over time, in phases.
    Postgres(postgres::Args),
    /// Redis, PostgreSQL and Rails under one library: are answers and figures right?
    Servers(servers::Args),
    /// How long fork takes, and what it costs.
    Fork(fork::Args),
    /// How long meshing holds a thread.
    Pause(pause::Args),
    /// Records what a program allocates, and plays it under each allocator.
    #[command(subcommand)]
    Trace(traces::Command),
    /// Draws the spans of a heap.
    #[command(subcommand)]
    Map(map::Command),
    /// How many pages each search for spans to mesh finds, without any process.
    Search(search::Args),
    /// What locks cost, and would cost on more processors: counts, and a model.
    Scale(scale::Args),
    /// The experiments of the PLDI 2019 paper: memory over time.
    Paper(paper::Args),
    /// The measured side of the commands above, started by this tool itself.
    #[command(hide = true, subcommand)]
    Child(tasks::Task),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        // No handler in a measured process: it would be a second thread there.
        Command::Child(task) => tasks::run(task),
        command => interrupt::install().and_then(|()| match command {
            Command::Fragment(args) => fragment::run(&args),
            Command::Run(args) => run::run(&args),
            Command::Compare(args) => compare::run(&args),
            Command::Redis(args) => redis::run(&args),
            Command::Rails(args) => rails::run(&args),
            Command::Postgres(args) => postgres::run(&args),
            Command::Servers(args) => servers::run(&args),
            Command::Fork(args) => fork::run(&args),
            Command::Pause(args) => pause::run(&args),
            Command::Map(command) => map::run(&command),
            Command::Trace(command) => traces::run(&command),
            Command::Search(args) => search::run(&args),
            Command::Scale(args) => scale::run(&args),
            Command::Paper(args) => paper::run(&args),
            Command::Child(task) => tasks::run(task),
        }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mesh-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
