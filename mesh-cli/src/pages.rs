//! Manual pages and completions, made from the definition of the command line.

use std::fs;
use std::io::stdout;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::Shell;

use crate::Cli;

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

/// Writes `mesh.1`, and a page for each subcommand.
pub(crate) fn man(args: &ManArgs) -> Result<ExitCode> {
    let directory = &args.directory;
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    clap_mangen::generate_to(Cli::command(), directory)
        .with_context(|| directory.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes completions for a shell.
pub(crate) fn completions(args: &CompletionArgs) -> Result<ExitCode> {
    let mut command = Cli::command();
    clap_complete::generate(args.shell, &mut command, "mesh", &mut stdout());
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
