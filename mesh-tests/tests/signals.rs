//! Faults and signals reach the program as if the library were not there.

use anyhow::{Result, ensure};
use mesh_tests::{Case, Program, Settings};

const SOURCES: [&str; 6] = [
    "signals/main.c",
    "signals/own_handlers.c",
    "signals/deaths.c",
    "signals/masks.c",
    "signals/stacks.c",
    "signals/heap_writers.c",
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

#[test]
fn handlers_write_to_the_heap_at_any_moment() -> Result<()> {
    cases(&["handler-by-timer", "handler-by-threads"], "exit 0")
}
