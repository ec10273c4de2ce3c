//! Threads that wait, and words that the kernel writes to, in blocks that are meshed meanwhile.

use anyhow::Result;
use mesh_tests::compile::Linking;
use mesh_tests::{Case, Program, Settings};

use crate::conformance::all_ok;

/// A program of threads that wait in a heap that meshes: all of them are woken.
fn all_are_woken(source: &str, linking: Linking, checks: usize) -> Result<()> {
    let program = Program::compile_with(&[source], linking)?;
    let control = Case::new(program.run())
        .meshing()
        .check(&Settings::every()?)?;
    all_ok(&control.stdout, checks)
}

#[test]
fn waiters_without_the_private_flag() -> Result<()> {
    all_are_woken("futexes/words.c", Linking::Unlinked, 15)
}

#[test]
fn waiters_in_the_cxx_library() -> Result<()> {
    all_are_woken("futexes/standard.cpp", Linking::Unlinked, 8)
}

#[test]
fn waiters_in_liburcu() -> Result<()> {
    let libraries = Linking::Others(&["-lurcu", "-lurcu-common"]);
    all_are_woken("futexes/rcu.c", libraries, 1)
}

#[test]
fn what_a_thread_registers_with_the_kernel() -> Result<()> {
    let program = Program::compile(&["futexes/registered.c"])?;
    let settings = [
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_eager()?,
        Settings::debug_mprotect()?,
    ];
    // The C library leaves areas of restartable sequences to the program.
    let run = program
        .run()
        .variable("GLIBC_TUNABLES", "glibc.pthread.rseq=0");
    let control = Case::new(run).meshing().check(&settings)?;
    all_ok(&control.stdout, 4)
}
