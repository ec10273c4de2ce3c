//! The heap's addresses: as many as are used, under any limit, and plain again when they are given back.

use anyhow::Result;
use mesh_tests::{Case, Program, Settings, scene};

use crate::conformance::all_ok;

fn program() -> Result<Program> {
    Program::compile(&[
        "addresses/main.c",
        "addresses/limits.c",
        "addresses/sizes.c",
        "addresses/advice.c",
        "addresses/faults.c",
    ])
}

/// The program says the same about `topic` with and without the library.
fn alike(topic: &str, checks: usize, settings: &[Settings]) -> Result<()> {
    let program = program()?;
    let control = Case::new(program.run().argument(topic)).check(settings)?;
    all_ok(&control.stdout, checks)
}

#[test]
fn a_limit_that_is_set_later_holds_for_the_heap_alone() -> Result<()> {
    alike("limits", 11, &Settings::usual()?)
}

#[test]
fn there_are_about_as_many_as_are_used() -> Result<()> {
    alike("sizes", 6, &Settings::usual()?)
}

#[test]
fn advice_ends_with_the_block() -> Result<()> {
    alike("advice", 5, &Settings::every()?)
}

#[test]
fn programs_with_a_userfaultfd_of_their_own() -> Result<()> {
    alike("faults", 16, &Settings::every()?)
}

/// Sixty tebibytes, of which nothing is used: the C library may refuse as much.
#[test]
fn a_heap_may_be_very_large() -> Result<()> {
    let program = Program::compile(&["addresses/many.c"])?;
    for settings in Settings::usual()? {
        let outcome = scene::under(&program.run(), &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 2)?;
    }
    Ok(())
}
