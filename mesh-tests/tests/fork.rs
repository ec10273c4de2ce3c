//! Processes that fork, in every way and at every moment.

use anyhow::{Result, ensure};
use mesh_tests::{Case, Program, Settings, scene};

use crate::conformance::all_ok;

pub(crate) const SOURCES: [&str; 19] = [
    "fork/main.c",
    "fork/beside_threads.c",
    "fork/generations.c",
    "fork/contents.c",
    "fork/stopped_child.c",
    "fork/raw_clones.c",
    "fork/programs.c",
    "fork/signals.c",
    "fork/within_library.c",
    "fork/no_room.c",
    "fork/prefork.c",
    "fork/storm.c",
    "fork/files.c",
    "fork/name_services.c",
    "fork/handlers.c",
    "fork/shared_lock.c",
    "fork/mask.c",
    "fork/at_once.c",
    "fork/namespaces.c",
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
fn forks_beside_four_threads() -> Result<()> {
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

#[test]
fn forks_inside_the_c_library() -> Result<()> {
    topic("within-library", &busy()?)
}

#[test]
fn a_fork_without_room_is_refused_or_its_child_ends() -> Result<()> {
    topic("no-room", &Settings::every()?)?;
    let program = Program::compile(&SOURCES)?;
    for settings in [Settings::release_eager()?, Settings::debug_eager()?] {
        let run = program.run().argument("no-room");
        let outcome = scene::under(&run, &settings, &[])?;
        for said in [
            "fork: refused",
            "_Fork: refused",
            "clone: refused",
            "syscall(SYS_clone): refused",
            "mesh: no memory for the child of a fork",
            "a fork of the C library: child ended with 127",
        ] {
            ensure!(outcome.stderr.contains(said), "no `{said}`: {outcome}");
        }
    }
    Ok(())
}

#[test]
fn children_that_live_long() -> Result<()> {
    topic("prefork", &busy()?)
}

#[test]
fn forks_beside_threads_with_files() -> Result<()> {
    topic("files", &busy()?)
}

#[test]
fn forks_beside_threads_with_name_services() -> Result<()> {
    topic("name-services", &busy()?)
}

#[test]
fn handlers_that_fork() -> Result<()> {
    topic("handlers", &busy()?)
}

#[test]
fn children_of_handlers_that_go_on() -> Result<()> {
    topic("interrupted", &busy()?)
}

#[test]
fn children_have_the_mask_of_their_parent() -> Result<()> {
    topic("mask", &busy()?)
}

#[test]
fn forks_at_the_same_time() -> Result<()> {
    topic("at-once", &busy()?)
}

#[test]
fn forks_into_another_namespace() -> Result<()> {
    topic("namespaces", &busy()?)
}

#[test]
fn handlers_and_memory_that_is_given_back_under_one_lock() -> Result<()> {
    topic("shared-lock", &busy()?)
}

#[test]
fn handlers_and_the_end_of_meshing_under_one_lock() -> Result<()> {
    topic("shared-lock-stop", &busy()?)
}

#[test]
fn forks_in_a_storm() -> Result<()> {
    topic("storm", &busy()?)
}
