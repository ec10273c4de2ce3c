//! `mesh-bench map`: a picture of the spans of a heap.

mod asked;
mod draw;
mod file;
mod picture;
mod pid;
mod run;
mod traced;

pub(crate) use traced::run_plan;

use anyhow::Result;
use clap::Subcommand;
use file::HeapMap;
use std::path::PathBuf;

/// Where the heap comes from.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Draws maps that programs have written, by MESH_MAP=FILE or mesh_mallctl("map.write").
    Draw(DrawArgs),
    /// Runs a program under libmesh.so and draws its heap as it was at exit.
    Run(run::Args),
    /// Asks a running program for a map, and draws its heap.
    Pid(pid::Args),
    /// Plays a trace under libmesh.so up to a point, and draws the heap there before and after it is compacted.
    Trace(traced::Args),
}

/// Draws maps, one above the other.
#[derive(clap::Args, Debug)]
pub(crate) struct DrawArgs {
    /// Maps, in the order in which they are drawn
    #[arg(required = true)]
    maps: Vec<PathBuf>,
    /// The SVG file
    #[arg(short, long, default_value = "map.svg", value_name = "FILE")]
    output: PathBuf,
}

/// Does it.
pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Draw(args) => {
            let titled = args.maps.iter().map(|path| {
                let title = path.file_name().unwrap_or(path.as_os_str());
                Ok((title.display().to_string(), HeapMap::read(path)?))
            });
            draw::titled(&titled.collect::<Result<Vec<_>>>()?, &args.output)
        }
        Command::Run(args) => run::run(args),
        Command::Pid(args) => pid::run(args),
        Command::Trace(args) => traced::run(args),
    }
}
