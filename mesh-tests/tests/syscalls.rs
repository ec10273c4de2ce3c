//! System calls that write into blocks while these are meshed: no call fails, no byte is lost.

use anyhow::{Result, ensure};
use mesh_tests::{Case, Program, Settings, scene};

use crate::conformance::all_ok;

#[test]
fn reads_into_a_heap_that_meshes() -> Result<()> {
    let sources = [
        "syscalls/main.c",
        "syscalls/pipes.c",
        "syscalls/datagrams.c",
        "syscalls/files.c",
    ];
    let program = Program::compile(&sources)?;
    let control = Case::new(program.run())
        .meshing()
        .check(&Settings::every()?)?;
    all_ok(&control.stdout, 5)
}

/// The settings under which there are meshes all the time.
fn eager() -> Result<Vec<Settings>> {
    Ok(vec![
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_eager()?,
    ])
}

/// Meshes that there must be during a run. It is thousands, but on a machine that others keep busy the thread that meshes
/// gets little time.
const MESHES: u64 = 50;

pub(crate) const EVERY_CALL: [&str; 5] = [
    "hazards/every_call.c",
    "hazards/bytes.c",
    "hazards/records.c",
    "hazards/events.c",
    "hazards/library.c",
];

/// Each call is made tens of thousands of times, on spans that are meshed for the first time, and meets a mesh now and then.
#[test]
fn every_call_that_writes_to_memory() -> Result<()> {
    let program = Program::compile(&EVERY_CALL)?;
    let control = Case::new(program.run())
        .meshing_often(MESHES)
        .check(&eager()?)?;
    all_ok(&control.stdout, 53)
}

/// The same calls by `syscall`, with numbers in place of names.
#[test]
fn every_call_by_its_number() -> Result<()> {
    let sources = [
        "hazards/every_call.c",
        "hazards/bytes_by_number.c",
        "hazards/records_by_number.c",
        "hazards/events_by_number.c",
        "hazards/library.c",
    ];
    let program = Program::compile(&sources)?;
    let control = Case::new(program.run())
        .meshing_often(MESHES)
        .check(&eager()?)?;
    all_ok(&control.stdout, 53)
}

/// Calls that handlers interrupt, that are left by a jump or by the end of their thread, that wait all the time, that run
/// while the process forks, or that are given bad pointers.
#[test]
fn calls_that_do_not_end_as_others_do() -> Result<()> {
    let program = Program::compile(&["hazards/ways_out.c"])?;
    let control = Case::new(program.run())
        .meshing_often(MESHES)
        .check(&eager()?)?;
    all_ok(&control.stdout, 10)
}

#[test]
fn descriptors_that_the_program_closes() -> Result<()> {
    let program = Program::compile(&["limits/descriptors.c"])?;
    let control = Case::new(program.run())
        .meshing()
        .check(&Settings::every()?)?;
    assert!(!control.stdout.contains("FAIL"), "{control}");
    Ok(())
}

/// Only behind `userfaultfd` does the kernel itself wait.
#[test]
fn bare_reads_where_writers_wait_in_the_kernel() -> Result<()> {
    let program = Program::compile(&["syscalls/raw_reads.c"])?;
    let settings = [Settings::release_userfaultfd()?];
    let control = Case::new(program.run()).meshing().check(&settings)?;
    all_ok(&control.stdout, 1)
}

/// Each call fails as it would without the library, and the program goes on, wherever its description is not.
#[test]
fn descriptions_that_are_not_there() -> Result<()> {
    let program = Program::compile(&["described/places.c"])?;
    Case::new(program.run()).check(&Settings::every()?)?;
    Ok(())
}

/// What a call with descriptions may take, in percent of the C library's own. A call of the kernel for each description, as it
/// was once, takes six times as long.
const MOST_PERCENT: u32 = 150;

/// Calls whose descriptions lie in memory that is neither stack nor heap cost little more than the C library's own, and make no
/// system call that a filter could kill for.
#[test]
fn descriptions_cost_little() -> Result<()> {
    let program = Program::compile(&["described/cost.c"])?;
    let settings = [
        Settings::release()?,
        Settings::release_mprotect()?,
        Settings::release_insisting()?,
        Settings::disabled()?,
    ];
    let is_cheap = |settings: &Settings| -> Result<bool> {
        let outcome = scene::under(&program.run(), settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 3)?;
        let percent = |line: &str| line.strip_prefix("cost ")?.split(' ').next()?.parse().ok();
        let costs: Vec<u32> = outcome.stderr.lines().filter_map(percent).collect();
        ensure!(costs.len() == 9, "{outcome}");
        Ok(costs.iter().all(|&cost| cost <= MOST_PERCENT))
    };
    for settings in &settings {
        // On a busy machine a run may have been disturbed.
        let cheap = is_cheap(settings)? || is_cheap(settings)? || is_cheap(settings)?;
        ensure!(cheap, "dear under {}", settings.name());
    }
    Ok(())
}
