//! What the C library allocates for itself is kept apart; what it allocates for the program is meshed.

use anyhow::Result;
use mesh_tests::{Case, Linking, Program, Settings};

use crate::conformance::all_ok;

/// Runs one topic, which must leave meshes behind, with so many checks.
fn topic(name: &str, checks: usize, settings: &[Settings]) -> Result<()> {
    let sources = [
        "apart/main.c",
        "apart/served.c",
        "apart/blocked.c",
        "apart/streams.c",
        "apart/contexts.c",
        "apart/large.c",
    ];
    let program = Program::compile(&sources)?;
    let control = Case::new(program.run().argument(name))
        .meshing()
        .check(settings)?;
    all_ok(&control.stdout, checks)
}

/// For topics that take seconds.
fn eager() -> Result<[Settings; 3]> {
    Ok([
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_mprotect()?,
    ])
}

#[test]
fn blocks_that_serve_the_program_are_meshed() -> Result<()> {
    topic(
        "served",
        15,
        &[Settings::release()?, Settings::release_mprotect()?],
    )
}

#[test]
fn blocks_of_the_c_library_are_not_meshed() -> Result<()> {
    topic(
        "kept",
        3,
        &[Settings::release()?, Settings::release_mprotect()?],
    )
}

/// Each reference to a function whose address such a program takes leads to an entry of the program's own.
#[test]
fn a_program_that_cannot_be_loaded_anywhere() -> Result<()> {
    let program = Program::compile_with(
        &["apart/fixed.c"],
        Linking::Others(&["-fno-pie", "-no-pie"]),
    )?;
    let control = Case::new(program.run())
        .meshing()
        .check(&[Settings::release_mprotect()?, Settings::debug_mprotect()?])?;
    all_ok(&control.stdout, 2)
}

#[test]
fn the_c_library_writes_with_all_signals_blocked() -> Result<()> {
    topic("blocked", 6, &eager()?)
}

#[test]
fn streams_beside_forks() -> Result<()> {
    topic("streams", 3, &eager()?)
}

#[test]
fn contexts_in_the_heap() -> Result<()> {
    topic("contexts", 2, &eager()?)
}

#[test]
fn objects_of_up_to_two_kibibytes_are_meshed() -> Result<()> {
    let mut settings = Settings::every()?;
    settings.retain(Settings::meshes);
    topic("large", 8, &settings)
}
