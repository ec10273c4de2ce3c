//! System calls that write into blocks while these are meshed, for long: none fails, and no byte is lost.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mesh_tests::{Program, Run, Settings, long_runs, scene, statistics};

use crate::{repeat, turn};

/// Meshes that there must be in a long run, on a quiet machine, and in a short one.
const MESHES: [u64; 2] = [10_000, 50];

fn time() -> Duration {
    Duration::from_secs(if long_runs() { 60 } else { 4 })
}

/// Runs a program that prints a line for each check, again and again.
fn hunt(run: &Run, settings: &Settings, checks: usize) -> Result<()> {
    let run = run.clone().variable("MALLOCSTATS", "1");
    let mut meshes = 0;
    repeat(time(), 1, || {
        let outcome = scene::under(&run, settings, &[])?.succeeded()?;
        let failed = |line: &&str| !line.starts_with("ok ");
        let failures: Vec<_> = outcome.stdout.lines().filter(failed).collect();
        ensure!(failures.is_empty(), "{}", failures.join("\n"));
        ensure!(outcome.stdout.lines().count() >= checks, "{outcome}");
        meshes += statistics::meshes(&outcome.stderr).context("no statistics")?;
        Ok(())
    })
    .with_context(|| settings.name())?;
    println!("{}: {meshes} meshes, no failures", settings.name());
    let [long, short] = MESHES;
    let least = if long_runs() { long } else { short };
    ensure!(meshes >= least, "{meshes} meshes under {}", settings.name());
    Ok(())
}

fn every_call() -> Result<Program> {
    Program::compile(&[
        "hazards/every_call.c",
        "hazards/bytes.c",
        "hazards/records.c",
        "hazards/events.c",
        "hazards/library.c",
    ])
}

#[test]
fn no_wrapped_call_fails() -> Result<()> {
    let program = every_call()?;
    let _turn = turn();
    for settings in Settings::both_barriers()? {
        hunt(&program.run(), &settings, 48)?;
    }
    Ok(())
}

/// The barrier is the one that everybody gets.
#[test]
fn no_wrapped_call_fails_without_privileges() -> Result<()> {
    let program = every_call()?;
    let _turn = turn();
    hunt(
        &program.run().unprivileged(),
        &Settings::release_eager()?,
        48,
    )
}

#[test]
fn calls_that_do_not_end_as_others_do() -> Result<()> {
    let program = Program::compile(&["hazards/ways_out.c"])?;
    let _turn = turn();
    for settings in Settings::both_barriers()? {
        hunt(&program.run(), &settings, 10)?;
    }
    Ok(())
}

/// Bare system calls, which no library can wrap: behind `userfaultfd` none fails. Behind `mprotect` some may, with EFAULT;
/// how many is printed, and every byte that was read is right.
#[test]
fn bare_calls_fail_behind_mprotect_only() -> Result<()> {
    let program = Program::compile(&["syscalls/raw_reads.c"])?;
    let run = program.run().argument("count").variable("MALLOCSTATS", "1");
    let _turn = turn();
    for settings in [
        Settings::release_userfaultfd()?,
        Settings::release_mprotect()?,
    ] {
        let [mut reads, mut failures, mut meshes] = [0; 3];
        repeat(time(), 1, || {
            let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
            ensure!(!outcome.stdout.contains("FAIL"), "{outcome}");
            let number = |label| {
                let line = outcome
                    .stdout
                    .lines()
                    .find_map(|line| line.strip_prefix(label));
                line.and_then(|number| number.trim().parse::<u64>().ok())
                    .context(label)
            };
            reads += number("reads:")?;
            failures += number("failures:")?;
            meshes += statistics::meshes(&outcome.stderr).context("no statistics")?;
            Ok(())
        })?;
        println!(
            "{}: {failures} of {reads} bare reads failed, {meshes} meshes",
            settings.name()
        );
        ensure!(reads > 0 && meshes > 0, "nothing was tried");
        let is_tier_one = settings
            .variables()
            .contains(&("MESH_BARRIER", "userfaultfd"));
        ensure!(
            !is_tier_one || failures == 0,
            "{failures} of {reads} failed"
        );
    }
    Ok(())
}
