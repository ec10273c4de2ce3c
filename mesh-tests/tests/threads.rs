//! Threads that come and go, and processes that end in the middle of it.

use anyhow::Result;
use mesh_tests::{Case, Program, Settings};

use crate::conformance::all_ok;

pub(crate) const SOURCES: [&str; 7] = [
    "threads/main.c",
    "threads/short_lives.c",
    "threads/destructors.c",
    "threads/cancellation.c",
    "threads/heap_stacks.c",
    "threads/mailboxes.c",
    "threads/endings.c",
];

fn topic(name: &str) -> Result<()> {
    let program = Program::compile(&SOURCES)?;
    let control = Case::new(program.run().argument(name)).check(&Settings::every()?)?;
    all_ok(&control.stdout, 1)
}

#[test]
fn four_thousand_short_lives() -> Result<()> {
    topic("short-lives")
}

#[test]
fn destructors_that_run_last() -> Result<()> {
    topic("destructors")
}

#[test]
fn cancellation() -> Result<()> {
    topic("cancellation")
}

#[test]
fn stacks_in_the_heap() -> Result<()> {
    topic("heap-stacks")
}

#[test]
fn blocks_freed_by_other_threads() -> Result<()> {
    topic("mailboxes")
}

#[test]
fn the_main_thread_leaves_first() -> Result<()> {
    topic("main-leaves")
}

#[test]
fn detached_threads_at_exit() -> Result<()> {
    topic("detached-at-exit")
}

#[test]
fn exit_beside_threads() -> Result<()> {
    topic("exit-beside-threads")
}

#[test]
fn exit_from_a_thread() -> Result<()> {
    topic("exit-from-thread")
}
