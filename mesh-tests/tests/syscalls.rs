//! System calls that write into blocks while these are meshed: no call fails, no byte is lost.

use anyhow::Result;
use mesh_tests::{Case, Program, Settings};

use crate::conformance::all_ok;

#[test]
#[ignore = "calls with vectors are not wrapped yet"]
fn reads_into_a_heap_that_meshes() -> Result<()> {
    let sources = [
        "syscalls/main.c",
        "syscalls/pipes.c",
        "syscalls/datagrams.c",
        "syscalls/files.c",
    ];
    let program = Program::compile(&sources)?;
    let control = Case::new(program.run())
        .meshing()
        .check(&Settings::every()?)?;
    all_ok(&control.stdout, 5)
}

#[test]
fn descriptors_that_the_program_closes() -> Result<()> {
    let program = Program::compile(&["limits/descriptors.c"])?;
    let control = Case::new(program.run())
        .meshing()
        .check(&Settings::every()?)?;
    assert!(!control.stdout.contains("FAIL"), "{control}");
    Ok(())
}
