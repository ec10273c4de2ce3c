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
#[ignore = "open: fails with MESH_ENABLED=0"]
fn descriptors_that_the_program_closes() -> Result<()> {
    let program = Program::compile(&["limits/descriptors.c"])?;
    let control = Case::new(program.run())
        .meshing()
        .check(&Settings::every()?)?;
    assert!(!control.stdout.contains("FAIL"), "{control}");
    Ok(())
}

/// Only behind `userfaultfd` does the kernel itself wait.
#[test]
fn bare_reads_where_writers_wait_in_the_kernel() -> Result<()> {
    let program = Program::compile(&["syscalls/raw_reads.c"])?;
    let settings = [Settings::release_userfaultfd()?];
    let control = Case::new(program.run()).meshing().check(&settings)?;
    all_ok(&control.stdout, 1)
}
