//! `mesh-bench map pid`: the heap of a running program.

use super::asked::Process;
use super::draw;
use super::file::HeapMap;
use crate::interrupt;
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Asks a running program for a map, and draws its heap.
///
/// The program was started under libmesh.so with MESH_MAP=FILE and MESH_MAP_SIGNAL=NAME.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The number of the process
    #[arg(value_parser = clap::value_parser!(i32).range(1..))]
    pid: i32,
    /// Its MESH_MAP, where the process does not show it: it has hidden its environment under a title
    #[arg(long, value_name = "FILE")]
    file: Option<OsString>,
    /// Its MESH_MAP_SIGNAL, likewise
    #[arg(long, value_name = "NAME")]
    signal: Option<OsString>,
    /// The SVG file
    #[arg(short, long, default_value = "map.svg", value_name = "FILE")]
    output: PathBuf,
    /// Wait for the map for at most so many seconds
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    limit: u32,
}

/// How often it is looked whether there is a map.
const LOOK: Duration = Duration::from_millis(10);

/// When the program is asked again: the signal may have come right before a sleep, which it did not end.
const AGAIN: Duration = Duration::from_secs(1);

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let process = Process::find(args.pid, args.file.as_deref(), args.signal.as_deref())?;
    let map = ask(&process, args)?;
    let title = format!("{} ({})", process.name, args.pid);
    draw::titled(&[(title, map)], &args.output)
}

/// The map that the program writes when it is asked.
fn ask(process: &Process, args: &Args) -> Result<HeapMap> {
    let before = Stamp::of(&process.file);
    let start = Instant::now();
    let limit = Duration::from_secs(args.limit.into());
    let mut due = Duration::ZERO;
    loop {
        if start.elapsed() >= due {
            process.ask()?;
            due += AGAIN;
        }
        let ended = process.ends_within(LOOK)?;
        let written = Stamp::of(&process.file) != before;
        let map = written.then(|| HeapMap::read(&process.file));
        if let Some(Ok(map)) = map {
            return Ok(map);
        }
        if ended {
            bail!("process {} ended without a map", args.pid);
        }
        interrupt::check()?;
        if start.elapsed() >= limit {
            // What is there may be no map, or not for us to read.
            map.transpose()?;
            bail!(
                "no map in {} within {} s: process {} did not allocate, free or wait meanwhile, or cannot write there",
                process.file.display(),
                args.limit,
                args.pid
            );
        }
    }
}

/// What changes when a file is written anew.
#[derive(PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    size: u64,
    /// Seconds and nanoseconds of the last write, and of the last change of any kind.
    written: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// That of a file, if there is one.
    fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|data| Self::new(&data))
    }

    fn new(data: &Metadata) -> Self {
        Self {
            file: (data.dev(), data.ino()),
            size: data.size(),
            written: (data.mtime(), data.mtime_nsec()),
            changed: (data.ctime(), data.ctime_nsec()),
        }
    }
}
