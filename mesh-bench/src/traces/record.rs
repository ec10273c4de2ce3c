//! `mesh-bench trace record`: a program under the recorder.

use super::{file, info};
use crate::{interrupt, launch, library, programs};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Runs a program and records its allocations.
///
/// Every process that is started on the way (not those that only fork) is recorded by itself. The trace with the most
/// records is kept: a program behind a script is the one that was meant.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Where the trace goes
    #[arg(short, long, default_value = "mesh.trace", value_name = "FILE")]
    output: PathBuf,
    /// The recorder, if it is not beside this program or in target/release
    #[arg(long, value_name = "PATH")]
    recorder: Option<PathBuf>,
    /// Keep the traces of the other processes too, as FILE.1, FILE.2, …
    #[arg(long)]
    all: bool,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

/// How long a program may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(10);

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let recorder = match &args.recorder {
        Some(path) => path
            .canonicalize()
            .with_context(|| path.display().to_string())?,
        None => library::recorder()?,
    };
    let directory = tempfile::Builder::new()
        .prefix("mesh-bench-trace")
        .tempdir()?;
    let mut command = program(&args.command)?;
    command
        .env("LD_PRELOAD", with_others(&recorder))
        .env("MESH_TRACE", directory.path().join("trace"));
    let running = launch::Running::attached(command)?;
    let usage = wait(running)?;
    keep(args, directory.path())?;
    usage.success().map(|_| ()).context("the program")
}

/// What to run: a name is looked for in the system's directories first, so that no script stands in for it.
fn program(words: &[OsString]) -> Result<Command> {
    let (name, arguments) = words.split_first().context("no program")?;
    let path = match name.to_str() {
        Some(plain) if !plain.contains('/') => programs::find(plain)?,
        _ => name.into(),
    };
    let mut command = Command::new(path);
    command.args(arguments);
    Ok(command)
}

/// The recorder in front of what is preloaded already.
fn with_others(recorder: &Path) -> OsString {
    let mut list = recorder.as_os_str().to_owned();
    if let Some(others) = std::env::var_os("LD_PRELOAD").filter(|others| !others.is_empty()) {
        list.push(":");
        list.push(others);
    }
    list
}

/// Waits for the end. A request to stop is passed on, so that the program can end as it should.
fn wait(running: launch::Running) -> Result<launch::Usage> {
    let mut asked: Option<Instant> = None;
    while !running.ended_within(Duration::from_millis(100))? {
        match asked {
            None if interrupt::check().is_err() => {
                running.ask_to_end()?;
                asked = Some(Instant::now());
            }
            Some(since) if since.elapsed() > GRACE => {
                bail!("interrupted, and the program did not end")
            }
            _ => {}
        }
    }
    running.finished()
}

/// Moves the traces to where they are wanted, and says what they hold.
fn keep(args: &Args, directory: &Path) -> Result<()> {
    let mut whole = Vec::new();
    let mut parts = 0;
    for entry in directory.read_dir()? {
        let path = entry?.path();
        match file::survey(&path) {
            Ok(survey) => whole.push((survey, path)),
            Err(_) => parts += 1,
        }
    }
    whole.sort_by_key(|(survey, _)| std::cmp::Reverse(survey.records));
    if whole.is_empty() {
        bail!(
            "no whole trace, and {parts} without an end: the program was killed, or does not load the recorder"
        );
    }
    let wanted = if args.all { whole.len() } else { 1 };
    for (number, (survey, path)) in whole.iter().take(wanted).enumerate() {
        let mut target = args.output.clone().into_os_string();
        if number > 0 {
            target.push(format!(".{number}"));
        }
        std::fs::copy(path, &target).with_context(|| target.display().to_string())?;
        eprintln!("mesh-bench: {}: {}", target.display(), info::line(survey));
    }
    let left = whole.len() - wanted;
    if left + parts > 0 {
        eprintln!(
            "mesh-bench: left out: {left} traces of other processes, and {parts} without an end (killed, or replaced by exec)"
        );
    }
    Ok(())
}
