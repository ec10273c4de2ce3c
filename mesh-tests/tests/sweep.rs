//! Every function of the installed C library that lets the kernel write to its caller's memory has one of ours in front of it, or a
//! reason why not.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use mesh_tests::{Library, Run, scene};

/// The C library of this process, which is that of the programs that the tests run.
fn c_library() -> Result<String> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let path = maps.lines().find(|line| line.ends_with("/libc.so.6"));
    let path = path.and_then(|line| line.find('/').map(|start| &line[start..]));
    Ok(path.context("no C library is mapped")?.to_owned())
}

#[test]
fn functions_that_let_the_kernel_write() -> Result<()> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts");
    let run = Run::tool("python3")?
        .argument(scripts.join("kernel-writers"))
        .argument(c_library()?)
        .arguments(["--why", "--but"])
        .argument(Library::release()?.shared())
        .argument(scripts.join("kernel-writers.allowed"));
    // What it prints are the functions that are left.
    scene::without(&run)?.succeeded().map(drop)
}
