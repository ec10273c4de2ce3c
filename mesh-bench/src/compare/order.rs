//! The command to compare, as it was given on the command line.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A command, and how to run it.
#[derive(clap::Args, Debug)]
pub(crate) struct Order {
    /// Standard input of each run [default: nothing]
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// Show what the command writes: standard output as it comes, standard error after each run
    #[arg(long)]
    output: bool,
    /// Seconds that a run may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// The command and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Order {
    /// The command, ready to be started once.
    pub(crate) fn command(&self) -> Result<Command> {
        let (program, arguments) = self.command.split_first().context("no command")?;
        let mut command = Command::new(program);
        command.args(arguments);
        command.stdin(match &self.stdin {
            Some(path) => File::open(path)
                .with_context(|| path.display().to_string())?
                .into(),
            None => Stdio::null(),
        });
        command.stdout(if self.output {
            Stdio::inherit()
        } else {
            Stdio::null()
        });
        Ok(command)
    }

    /// Its words, for reports.
    pub(crate) fn name(&self) -> String {
        let words: Vec<_> = self
            .command
            .iter()
            .map(|word| word.to_string_lossy())
            .collect();
        words.join(" ")
    }

    /// How long a run may take.
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(self.limit.into())
    }

    /// Whether what it writes is shown.
    pub(crate) fn shows_output(&self) -> bool {
        self.output
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        order: Order,
    }

    #[test]
    fn all_behind_the_dashes_is_the_command() {
        let line = ["compare", "--limit", "7", "--", "ls", "--output", "-l"];
        let order = Line::try_parse_from(line).unwrap().order;
        assert_eq!(order.name(), "ls --output -l");
        assert_eq!(order.limit(), Duration::from_secs(7));
        assert!(!order.shows_output());
        let command = order.command().unwrap();
        assert_eq!(command.get_program(), "ls");
        assert_eq!(command.get_args().count(), 2);
    }

    #[test]
    fn without_a_command_there_is_nothing_to_compare() {
        for line in [&["compare"][..], &["compare", "ls"], &["compare", "--"]] {
            assert!(Line::try_parse_from(line).is_err(), "{line:?}");
        }
    }

    #[test]
    fn an_input_that_is_not_there_is_an_error() {
        let line = ["compare", "--stdin", "/nowhere/input", "--", "cat"];
        let order = Line::try_parse_from(line).unwrap().order;
        let error = order.command().unwrap_err().to_string();
        assert!(error.contains("/nowhere/input"), "{error}");
    }
}
