//! Memory that comes back while the program works.

use anyhow::{Result, ensure};
use mesh_tests::{ControlGroup, Program, Run, Settings, scene, statistics};

use crate::conformance::all_ok;

/// The program at `source` passes so many checks, under both builds and both barriers.
fn passes(source: &str, checks: usize) -> Result<()> {
    let program = Program::compile(&[source])?;
    for settings in [Settings::release()?, Settings::debug_mprotect()?] {
        let outcome = scene::under(&program.run(), &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, checks)?;
    }
    Ok(())
}

#[test]
fn unused_memory_comes_back_while_the_program_works() -> Result<()> {
    passes("returns/memory.c", 8)
}

#[test]
fn records_and_tables_of_what_is_gone_come_back() -> Result<()> {
    passes("returns/metadata.c", 5)
}

/// Runs a program with a fragmented heap until memory is scarce, under both builds, with and without a thread for the upkeep: its heap is
/// compacted then, unless that is forbidden.
fn scarce(run: &Run) -> Result<()> {
    let cases = [
        ("1", "falls", Settings::release()?, "auto"),
        ("1", "falls", Settings::debug()?, "auto"),
        ("1", "falls", Settings::release()?, "1"),
        ("0", "stays", Settings::release()?, "auto"),
        ("0", "stays", Settings::debug()?, "auto"),
    ];
    for (pressure, expected, settings, thread) in cases {
        let run = run
            .clone()
            .argument(expected)
            .variable("MESH_PRESSURE", pressure)
            .variable("MESH_BACKGROUND_THREAD", thread)
            .variable("MESH_PERIOD_MS", "100000000")
            .variable("MESH_DECAY_MS", "100000000")
            .variable("MALLOCSTATS", "1");
        println!("{run:?} under {}", settings.name());
        let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 3)?;
        let times = statistics::figure(&outcome.stderr, "Compacted under pressure:");
        ensure!(
            times.is_some_and(|times| (times > 0.0) == (pressure == "1")),
            "{outcome}"
        );
    }
    Ok(())
}

#[test]
fn a_heap_is_compacted_when_its_control_group_is_full() -> Result<()> {
    const LIMIT: usize = 64;
    let start = Program::compile(&["limits/start.c"])?;
    let program = Program::compile(&["returns/pressure.c"])?;
    let group = ControlGroup::new(LIMIT)?;
    let run = group
        .run(&start, &program)
        .argument("first")
        .argument(group.directory())
        .argument(LIMIT.to_string());
    scarce(&run)?;
    let events = group.events()?;
    ensure!(events.contains("oom_kill 0"), "{events}");
    Ok(())
}

#[test]
fn a_heap_is_compacted_when_a_group_of_the_second_version_is_full() -> Result<()> {
    let program = Program::compile(&["returns/pressure.c"])?;
    scarce(&program.run().argument("second"))
}

#[test]
fn a_heap_is_compacted_when_tasks_wait_for_memory() -> Result<()> {
    let program = Program::compile(&["returns/pressure.c"])?;
    scarce(&program.run().argument("stalls"))
}
