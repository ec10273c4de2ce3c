//! The variants of the library: whole allocators, which mesh each in its own way.

use anyhow::{Result, ensure};
use mesh_tests::{Outcome, Program, Settings, scene, statistics};

use crate::conformance::all_ok;

/// Runs `program`, which compacts its heap, under the library of `settings`, and returns the number of meshes.
fn meshes(program: &Program, settings: &Settings) -> Result<u64> {
    let run = program.run().variable("MALLOCSTATS", "1");
    let outcome: Outcome = scene::under(&run, settings, &[])?.succeeded()?;
    all_ok(&outcome.stdout, 1)?;
    let count = statistics::meshes(&outcome.stderr);
    count.ok_or_else(|| anyhow::anyhow!("no statistics: {outcome}"))
}

#[test]
fn the_search_of_the_paper_finds_less() -> Result<()> {
    let program = Program::compile(&["introspection/sparse.c"])?;
    let ours = meshes(&program, &Settings::release()?)?;
    let split = meshes(&program, &Settings::split()?)?;
    ensure!(split > 0 && split < ours, "{split} and {ours}");
    Ok(())
}

#[test]
fn without_random_placement_what_is_freed_by_a_rule_does_not_mesh() -> Result<()> {
    let program = Program::compile(&["introspection/striped.c"])?;
    let rotated = meshes(&program, &Settings::release()?)?;
    let permuted = meshes(&program, &Settings::permuted()?)?;
    let ordered = meshes(&program, &Settings::ordered()?)?;
    ensure!(
        rotated > 1000 && permuted > 1000 && ordered * 100 < rotated.min(permuted),
        "{rotated}, {permuted} and {ordered}"
    );
    Ok(())
}
