//! `mesh-bench map run`: the heap of a program at its exit.

use super::draw;
use super::file::HeapMap;
use crate::launch::Running;
use crate::{library, programs};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Runs a program under libmesh.so and draws its heap as it was at exit.
///
/// Of all processes that end in order, the one with the most spans is drawn.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The SVG file
    #[arg(short, long, default_value = "map.svg", value_name = "FILE")]
    output: PathBuf,
    /// Stop the program after so many seconds
    #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
    limit: u32,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let directory = tempfile::Builder::new()
        .prefix("mesh-bench-map")
        .tempdir()?;
    let (name, arguments) = args.command.split_first().context("no program")?;
    let program = match name.to_str() {
        Some(plain) if !plain.contains('/') => programs::find(plain)?,
        _ => name.into(),
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("LD_PRELOAD", library::own_library()?)
        .env("MESH_MAP", directory.path().join("map.%p"));
    Running::attached(command)?
        .wait(Duration::from_secs(args.limit.into()))?
        .success()
        .context("the program")?;
    let mut maps = Vec::new();
    for entry in directory.path().read_dir()? {
        maps.push(HeapMap::read(&entry?.path())?);
    }
    let largest = maps.into_iter().max_by_key(HeapMap::spans);
    let map =
        largest.context("no map: the program did not end in order, or does not load libmesh.so")?;
    let title = name.to_string_lossy().into_owned();
    draw::titled(&[(title, map)], &args.output)
}
