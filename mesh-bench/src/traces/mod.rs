//! `mesh-bench trace`: records what a program asks of its allocator, and asks it of others.

mod file;
mod info;
mod outcome;
mod places;
mod play;
mod player;
mod record;
mod survey;

pub(crate) use file::survey;
pub(crate) use player::{play_to, run_plan};

use anyhow::Result;
use clap::Subcommand;

/// What to do with a trace.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Runs a program and records its allocations.
    Record(record::Args),
    /// Says what a trace holds.
    Info(info::Args),
    /// Plays a trace under each allocator: memory over time, CPU time.
    Play(play::Args),
}

/// Does it.
pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Record(args) => record::run(args),
        Command::Info(args) => info::run(args),
        Command::Play(args) => play::run(args),
    }
}
