//! Processes that fork, in every way and at every moment.

use anyhow::Result;
use mesh_tests::{Case, Program, Settings};

use crate::conformance::all_ok;

const SOURCES: [&str; 8] = [
    "fork/main.c",
    "fork/beside_threads.c",
    "fork/generations.c",
    "fork/contents.c",
    "fork/stopped_child.c",
    "fork/raw_clones.c",
    "fork/programs.c",
    "fork/signals.c",
];

/// Runs one topic, which must leave meshes behind.
fn topic(name: &str, settings: &[Settings]) -> Result<()> {
    let program = Program::compile(&SOURCES)?;
    let control = Case::new(program.run().argument(name))
        .meshing()
        .check(settings)?;
    all_ok(&control.stdout, 1)
}

/// For topics that keep both processors busy for seconds.
fn busy() -> Result<[Settings; 3]> {
    Ok([
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_eager()?,
    ])
}

#[test]
#[ignore = "open: takes longer than its time limit"]
fn two_hundred_forks_beside_four_threads() -> Result<()> {
    topic("beside-threads", &busy()?)
}

#[test]
fn children_of_children() -> Result<()> {
    topic("generations", &busy()?)
}

#[test]
fn parent_and_child_have_their_own_bytes() -> Result<()> {
    topic("contents", &Settings::every()?)
}

#[test]
fn a_stopped_child_holds_nobody_up() -> Result<()> {
    topic("stopped-child", &Settings::every()?)
}

#[test]
fn clones_without_fork() -> Result<()> {
    topic("raw-clones", &Settings::every()?)
}

#[test]
fn other_programs() -> Result<()> {
    topic("programs", &Settings::every()?)
}

#[test]
fn signals_during_fork() -> Result<()> {
    topic("signals", &Settings::every()?)
}
