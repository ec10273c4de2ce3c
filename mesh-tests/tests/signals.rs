//! Faults and signals reach the program as if the library were not there.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use mesh_tests::{Case, Program, Run, Settings, artifact, scene};

pub(crate) const SOURCES: [&str; 10] = [
    "signals/main.c",
    "signals/own_handlers.c",
    "signals/deaths.c",
    "signals/masks.c",
    "signals/stacks.c",
    "signals/heap_writers.c",
    "signals/threads.c",
    "signals/waits.c",
    "signals/small_stacks.c",
    "signals/children.c",
];

/// Runs cases that end alike.
fn cases(names: &[&str], ending: &'static str) -> Result<()> {
    let program = Program::compile(&SOURCES)?;
    for name in names {
        println!("case {name}");
        let run = program.run().argument(*name);
        let control = Case::new(run).ending(ending).check(&Settings::every()?)?;
        ensure!(
            !control.stdout.contains("FAIL"),
            "{name} without the library: {control}"
        );
    }
    Ok(())
}

#[test]
fn the_program_gets_its_own_faults() -> Result<()> {
    let own = [
        "unmapped-address",
        "protected-page",
        "protected-heap-pages",
        "signal-function",
        "read-back",
        "sent-by-kill",
        "other-signals",
        "in-threads",
    ];
    cases(&own, "exit 0")
}

#[test]
fn faults_without_a_handler_are_deadly() -> Result<()> {
    let deadly = [
        "null-read",
        "null-write",
        "null-call",
        "constant-write",
        "jump-into-small-block",
        "jump-into-large-block",
        "death-in-thread",
        "ignored",
        "back-to-default",
        "raised",
        "killed",
        "reset-handler",
        "fault-inside-handler",
        "blocked",
        "blocked-in-thread",
        "stack-overflow",
    ];
    cases(&deadly, "signal 11")
}

#[test]
fn masks_are_what_the_program_set() -> Result<()> {
    let masks = [
        "mask-as-set",
        "mask-pending",
        "mask-in-handlers",
        "mask-while-waiting",
        "mask-of-threads",
    ];
    cases(&masks, "exit 0")
}

#[test]
fn handlers_have_stacks_of_their_own() -> Result<()> {
    cases(
        &[
            "stack-overflow-on-alternate-stack",
            "stack-overflow-on-heap-stack",
        ],
        "exit 3",
    )?;
    cases(&["busy-heap-stack", "coroutines"], "exit 0")
}

/// The kernel's frame may leave hardly any room on a program's alternate stack.
#[test]
fn alternate_stacks_may_be_small() -> Result<()> {
    cases(
        &["no-handler-on-least-stack", "overflow-of-least-stack"],
        "signal 11",
    )?;
    cases(
        &["handler-on-least-stack", "writes-on-small-stack"],
        "exit 0",
    )
}

#[test]
fn handlers_write_to_the_heap_at_any_moment() -> Result<()> {
    cases(&["handler-by-timer", "handler-by-threads"], "exit 0")
}

/// Signals that instructions raise may come from elsewhere too, in the middle of a mesh.
#[test]
fn handlers_of_faults_that_were_sent_write_to_the_heap() -> Result<()> {
    cases(&["handler-by-sent-faults"], "exit 0")
}

#[test]
fn waits_leave_masks_alone() -> Result<()> {
    cases(
        &[
            "wait-mask",
            "wait-mask-changed",
            "wait-cancelled",
            "wait-ignored",
        ],
        "exit 0",
    )
}

#[test]
fn children_that_share_memory_have_handlers_of_their_own() -> Result<()> {
    cases(&["vfork-child"], "exit 0")
}

/// A handler that waits for the end of a mesh holds up the code that it interrupted, with its locks.
#[test]
fn handlers_wait_for_a_mesh_over_an_allocation() -> Result<()> {
    cases(&["handler-over-allocations"], "exit 0")
}

/// A large block whose pages were moved leaves a mapping behind, which the barrier's descriptor is told about.
#[test]
fn handlers_wait_for_a_mesh_over_a_moved_block() -> Result<()> {
    cases(&["handler-over-moves"], "exit 0")
}

/// Each case is a line that says what the process saw of its fault and what its parent saw.
#[test]
fn the_fault_matrix_is_that_of_the_system() -> Result<()> {
    let program = Program::compile(&[
        "faults/main.c",
        "faults/accesses.c",
        "faults/handlers.c",
        "faults/sent.c",
    ])?;
    let control = Case::new(program.run())
        .meshing()
        .check(&Settings::every()?)?;
    ensure!(control.stdout.lines().count() > 50, "{control}");
    ensure!(
        control.stdout.ends_with("ok the heap is whole\n"),
        "{control}"
    );
    Ok(())
}

/// The standard library of Rust finds the guard page in a handler of its own, on a stack of its own.
#[test]
fn a_rust_program_reports_its_stack_overflow() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("overflow");
    let cargo = env::var_os("CARGO").context("tests are run by cargo")?;
    let compiled = Command::new(Path::new(&cargo).with_file_name("rustc"))
        .args(["--edition", "2021", "-o"])
        .arg(&path)
        .arg(artifact::programs().join("signals/overflow.rs"))
        .status()?;
    ensure!(compiled.success(), "rustc: {compiled}");
    for thread in ["main", "other"] {
        let run = Run::new(&path).argument(thread);
        // The message has the thread's number in it.
        Case::new(run.clone())
            .any_stderr()
            .ending("signal 6")
            .check(&Settings::every()?)?;
        for settings in Settings::every()? {
            let outcome = scene::under(&run, &settings, &[])?;
            ensure!(
                outcome.stderr.contains("has overflowed its stack"),
                "{}: {outcome}",
                settings.name()
            );
        }
    }
    Ok(())
}
