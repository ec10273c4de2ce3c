//! `mesh try`: a command under every allocator that is installed, by `mesh-bench compare`.

use std::process::ExitCode;

use anyhow::Result;

/// Runs a command under every allocator that is installed, and says whether Mesh helps it
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<std::ffi::OsString>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    anyhow::bail!("{:?}", args.command)
}
