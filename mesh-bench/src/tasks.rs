//! What a child of this tool can be asked to do: the measured side of each experiment.

use crate::{fork, fragment, map, paper, pause, probe, scale, traces, workloads};
use anyhow::{Context, Result};
use clap::Subcommand;
use std::path::PathBuf;

/// What a child does.
#[derive(Subcommand)]
pub(crate) enum Task {
    /// Prints the shared object that `malloc` comes from.
    MallocPath,
    /// Fragments the heap as a plan in JSON says, and prints the outcome as JSON.
    Fragment {
        /// The plan.
        plan: String,
        /// The file with the charge of the control group that the child is alone in.
        charges: Option<PathBuf>,
    },
    /// Forks over a heap as a plan in JSON says, and prints the outcome as JSON.
    Fork {
        /// The plan.
        plan: String,
        /// The file with the charge of the control group that the child is alone in.
        charges: Option<PathBuf>,
    },
    /// Times single operations while meshing goes on, as a plan in JSON says, and prints the outcome as JSON.
    Pause {
        /// The plan.
        plan: String,
    },
    /// Runs a workload of `scale` as a plan in JSON says, and prints the outcome as JSON.
    Scale {
        /// The plan.
        plan: String,
    },
    /// Plays a trace as a plan in JSON says, and prints the outcome as JSON.
    Trace {
        /// The plan.
        plan: String,
        /// The file with the charge of the control group that the child is alone in.
        charges: Option<PathBuf>,
    },
    /// Plays a part of a trace as a plan in JSON says, and writes maps of the heap.
    Map {
        /// The plan.
        plan: String,
    },
    /// Does the work of an experiment of `paper`, and says on standard output how far it is.
    Paper {
        /// Which.
        work: paper::Work,
        /// A small run.
        #[arg(long)]
        quick: bool,
    },
    /// Runs one of the tool's own workloads.
    Workload {
        /// Its name.
        name: String,
        /// A small run.
        #[arg(long)]
        quick: bool,
    },
}

/// Does it.
pub(crate) fn run(task: Task) -> Result<()> {
    match task {
        Task::MallocPath => {
            println!(
                "{}",
                probe::malloc_path()
                    .context("malloc is in no shared object")?
                    .display()
            );
            Ok(())
        }
        Task::Fragment { plan, charges } => fragment::run_plan(&plan, charges.as_deref()),
        Task::Fork { plan, charges } => fork::run_plan(&plan, charges.as_deref()),
        Task::Trace { plan, charges } => traces::run_plan(&plan, charges.as_deref()),
        Task::Map { plan } => map::run_plan(&plan),
        Task::Scale { plan } => scale::run_plan(&plan),
        Task::Pause { plan } => pause::run_plan(&plan),
        Task::Paper { work, quick } => paper::run_own(work, quick),
        Task::Workload { name, quick } => workloads::run_own(&name, quick),
    }
}
