//! `mesh try`: a command under every allocator that is installed.
//!
//! `mesh-bench compare` runs it and draws the picture; `verdict` says in a sentence what its records mean.

mod verdict;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::library;
use verdict::verdict;

/// Runs a command under every allocator that is installed, and says whether Mesh helps it
///
/// The command runs once to warm up, and then in turns under Mesh, Mesh without meshing, glibc, and jemalloc, mimalloc and tcmalloc as far as they
/// are installed. It must do the same each time, and end by itself. Memory over time is drawn into an SVG file.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mesh try -- ./program --with its arguments
  PYTHONMALLOC=malloc mesh try -- python3 batch.py    # else Python has its objects elsewhere
  mesh try --repeat 5 --plot memory.svg --stdin input.txt -- ./program")]
pub(crate) struct Args {
    /// Runs under each allocator; medians count
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// The picture
    #[arg(long, value_name = "FILE", default_value = "mesh-try.svg")]
    plot: PathBuf,
    /// Standard input of each run [default: nothing]
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// Show what the command writes
    #[arg(long)]
    output: bool,
    /// Seconds that a run may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// The library [default: the one beside this program, or installed]
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
    /// The program that measures [default: mesh-bench beside this program, or in PATH]
    #[arg(long, value_name = "FILE")]
    bench: Option<PathBuf>,
    /// The command and its arguments
    #[arg(
        trailing_var_arg = true,
        required = true,
        value_name = "COMMAND",
        help_heading = "Arguments"
    )]
    command: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let records = tempfile::NamedTempFile::new().context("a file for the records")?;
    let mut bench = Command::new(bench(args.bench.as_deref())?);
    bench
        .env("MESH_LIB", library::find(args.library.as_deref())?)
        .env_remove("LD_PRELOAD")
        .arg("compare")
        .args(["--repeat", &args.repeat.to_string()])
        .args(["--limit", &args.limit.to_string()])
        .arg("--plot")
        .arg(&args.plot)
        .arg("--json")
        .arg(records.path());
    if let Some(stdin) = &args.stdin {
        bench.arg("--stdin").arg(stdin);
    }
    if args.output {
        bench.arg("--output");
    }
    bench.arg("--").args(&args.command);
    let status = bench.status().context("mesh-bench")?;
    let runs = verdict::read(records.path())?;
    if runs.is_empty() {
        bail!("nothing was measured: mesh-bench ended with {status}");
    }
    println!("\nmemory over time: {}", args.plot.display());
    println!("{}", verdict(&runs));
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        // It has said under which allocator the command fails.
        ExitCode::FAILURE
    })
}

/// The program that measures.
fn bench(asked: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = asked {
        return path
            .canonicalize()
            .with_context(|| format!("no program at {}", path.display()));
    }
    let own = env::current_exe().ok();
    let beside = own.map(|own| own.with_file_name("mesh-bench"));
    let path = env::var_os("PATH").unwrap_or_default();
    let installed = env::split_paths(&path).map(|directory| directory.join("mesh-bench"));
    beside
        .into_iter()
        .chain(installed)
        .find(|path| path.is_file())
        .context(
            "no mesh-bench beside this program or in PATH. Say where it is with --bench FILE, \
             or build it with `cargo build --release -p mesh-bench`",
        )
}
