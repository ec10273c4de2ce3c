//! `mesh profile`: which functions allocated what lives.
//!
//! * `source`: the profile of a process, or in a file;
//! * `elf`, `modules`: the files of its code; `unwind`: from a copy of a stack to addresses, by their tables; `chains`: all of it,
//!   equal ones together;
//! * `unwound`: a profile so far; `names`: from addresses to functions; `allocators`: which of them are not worth to be told; `calls`: what is left;
//! * `list`, `text`, `pprof`: what is written.

mod allocators;
mod calls;
mod chains;
mod elf;
mod list;
mod modules;
mod names;
mod pprof;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod unwind;
mod unwound;

use std::fs;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use list::Order;
use source::Source;
use unwound::Profile;

/// Shows which functions allocated what lives
///
/// A program that is started with MESH_PROF=1 samples its allocations. The profile is read out of the running process, of which nothing
/// is asked for that, or from a file that it wrote. All figures are estimates for all allocations, not only for sampled ones.
///
/// A function's own share is what it allocated itself, through functions of allocators such as operator new and Vec; "all" has what
/// its callees allocated, too. Programs need not keep frame pointers; names come from debugging information, else from symbols.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mesh profile 1234
  mesh profile 1234 --allocated --top 50
  mesh profile FILE --pprof heap.pb.gz && go tool pprof -http=: heap.pb.gz
  mesh profile FILE --text heap.txt && google-pprof --text PROGRAM heap.txt")]
pub(crate) struct Args {
    /// The number of a process, or a file with a profile (./1234 if it is called as a number)
    #[arg(value_name = "PID|FILE")]
    target: PathBuf,
    /// Sort by all that was ever allocated, instead of what lives
    #[arg(long)]
    allocated: bool,
    /// List so many functions
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    top: usize,
    /// Write a file for pprof, instead of the list: a gzipped protocol buffer
    #[arg(long, value_name = "FILE")]
    pprof: Option<PathBuf>,
    /// Write a file for jeprof and google-pprof, instead of the list: the text format of gperftools
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let profile = Profile::new(Source::open(&args.target)?)?;
    for warning in profile.modules.warnings(profile.chains.addresses()) {
        eprintln!("mesh: {warning}");
    }
    if let Some(file) = &args.text {
        write(file, text::page(&profile)?.as_bytes())?;
    }
    if args.text.is_some() && args.pprof.is_none() {
        return Ok(ExitCode::SUCCESS);
    }
    let calls = profile.calls();
    if let Some(file) = &args.pprof {
        write(file, &pprof::file(&profile, &calls)?)?;
    }
    if args.pprof.is_none() {
        let order = match args.allocated {
            true => Order::Allocated,
            false => Order::Live,
        };
        let page = list::page(&profile, &calls, order, args.top)?;
        // Nobody may read on.
        let _ = stdout().write_all(page.as_bytes());
    }
    Ok(ExitCode::SUCCESS)
}

fn write(file: &PathBuf, bytes: &[u8]) -> Result<()> {
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}
