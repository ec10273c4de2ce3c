//! Threads on small stacks that fork, start programs, have timers, resolve names, cancel and signal each other, while the heap is
//! meshed as often as it can be: nobody dies, nobody hangs, no byte is wrong, and each child has the mask of its parent.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mesh_tests::{Program, Settings, long_runs, scene, statistics};

use crate::turn;

/// Kinds of guests.
const GUESTS: usize = 8;

/// Seconds under all settings together.
fn seconds() -> u64 {
    if long_runs() { 30 * 60 } else { 60 }
}

#[test]
fn guests_that_disturb_each_other() -> Result<()> {
    let program = Program::compile(&[
        "guests/main.c",
        "guests/processes.c",
        "guests/library.c",
        "guests/threads.c",
    ])?;
    let settings = Settings::both_barriers()?;
    let share = seconds() / settings.len() as u64;
    let run = program
        .run()
        .argument(share.to_string())
        .variable("MALLOCSTATS", "1")
        .within(Duration::from_secs(share + 300));
    let _turn = turn();
    for settings in settings {
        // The programs that it starts are the system's own.
        let outcome = scene::under(&run, &settings, &[])?
            .succeeded()
            .with_context(|| settings.name())?;
        let guests = outcome
            .stdout
            .lines()
            .filter(|line| line.starts_with("ok "));
        ensure!(guests.count() == GUESTS, "{}: {outcome}", settings.name());
        let meshes = statistics::meshes(&outcome.stderr).context("no statistics")?;
        println!("{}: {meshes} meshes, no failures", settings.name());
        ensure!(meshes > 0, "nothing was meshed: {outcome}");
    }
    Ok(())
}
