//! Manual pages and completions, made from the definition of the command line.

use std::fs;
use std::io::stdout;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Command;
use clap_complete::Shell;

#[derive(clap::Args)]
pub(crate) struct ManArgs {
    /// The directory, which is made if it is not there
    directory: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct CompletionArgs {
    /// The shell
    shell: Shell,
}

/// Writes `mesh.1`, and a page for each subcommand of `command`.
pub(crate) fn man(command: Command, args: &ManArgs) -> Result<ExitCode> {
    let directory = &args.directory;
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    clap_mangen::generate_to(command, directory)
        .with_context(|| directory.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes completions of `command` for a shell.
pub(crate) fn completions(mut command: Command, args: &CompletionArgs) -> Result<ExitCode> {
    clap_complete::generate(args.shell, &mut command, "mesh", &mut stdout());
    Ok(ExitCode::SUCCESS)
}
