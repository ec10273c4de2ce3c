//! `mesh`: runs programs under Mesh, and says what it does for them.
//!
//! * `run`: a program with the library in front of the C library's allocator;
//! * `stats`, `top`: what a running process and its heap hold;
//! * `profile`: which functions allocated that;
//! * `doctor`: whether Mesh can do its work on this machine;
//! * `compare`: a command under every allocator that is installed;
//! * `process`: how another process is read; `library`: where ours is; `pages`: manual pages and completions.

mod compare;
mod doctor;
mod library;
mod pages;
mod process;
mod profile;
mod run;
mod stats;
mod top;
mod units;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// The status of a launcher that failed itself, as that of `env` and `timeout`.
const FAILED: u8 = 125;

/// Runs programs under Mesh, a malloc that gives memory back, and shows what it does for them.
#[derive(Parser)]
#[command(name = "mesh", version, propagate_version = true)]
#[command(after_help = "\
Examples:
  mesh doctor                    can Mesh do its work on this machine?
  mesh run -- redis-server       run a program under it
  mesh stats 1234                what a running process holds, and what meshing saves
  mesh top 1234                  the same, live
  mesh profile 1234              which functions allocated it, if started with MESH_PROF=1
  mesh try -- ./my-program       does Mesh help this program?")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Args),
    Stats(stats::Args),
    Top(top::Args),
    Profile(profile::Args),
    Doctor(doctor::Args),
    Try(compare::Args),
    /// Writes the manual pages to a directory
    #[command(hide = true)]
    Man(pages::ManArgs),
    /// Writes completions for a shell to standard output
    #[command(hide = true)]
    Completions(pages::CompletionArgs),
    /// Tries what `doctor` wants to know, in a process of its own
    #[command(hide = true, subcommand)]
    Probe(doctor::Probe),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Stats(args) => stats::run(&args),
        Command::Top(args) => top::run(&args),
        Command::Profile(args) => profile::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Try(args) => compare::run(&args),
        Command::Man(args) => pages::man(Cli::command(), &args),
        Command::Completions(args) => pages::completions(Cli::command(), &args),
        Command::Probe(probe) => Ok(doctor::probe(&probe)),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("mesh: {error:#}");
        ExitCode::from(FAILED)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
