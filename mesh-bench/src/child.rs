//! The measured side: what this tool runs in a process with another `malloc`.

use crate::{fork, fragment, map, paper, pause, probe, traces, workloads};
use anyhow::{Context, Result};
use clap::Subcommand;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::process::{Command as Process, Stdio};

/// What a child does.
#[derive(Subcommand)]
pub(crate) enum Command {
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

/// Does, by `act`, what `plan` in JSON says, and prints the outcome in JSON.
pub(crate) fn answer<P: DeserializeOwned, O: Serialize>(
    plan: &str,
    act: impl FnOnce(&P) -> Result<O>,
) -> Result<()> {
    let plan = serde_json::from_str(plan).context("the plan")?;
    let outcome = act(&plan)?;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

/// Does it.
pub(crate) fn run(command: Command) -> Result<()> {
    match command {
        Command::MallocPath => {
            println!(
                "{}",
                probe::malloc_path()
                    .context("malloc is in no shared object")?
                    .display()
            );
            Ok(())
        }
        Command::Fragment { plan, charges } => fragment::run_plan(&plan, charges.as_deref()),
        Command::Fork { plan, charges } => fork::run_plan(&plan, charges.as_deref()),
        Command::Trace { plan, charges } => traces::run_plan(&plan, charges.as_deref()),
        Command::Map { plan } => map::run_plan(&plan),
        Command::Pause { plan } => pause::run_plan(&plan),
        Command::Paper { work, quick } => paper::run_own(work, quick),
        Command::Workload { name, quick } => workloads::run_own(&name, quick),
    }
}

/// The command that starts a child with `arguments`.
pub(crate) fn command(arguments: &[&str]) -> Result<Process> {
    let mut command = Process::new(std::env::current_exe().context("the path of this program")?);
    command
        .arg("child")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    Ok(command)
}
