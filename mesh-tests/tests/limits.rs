//! Little memory: the end of it is NULL and ENOMEM, and the program goes on.

use anyhow::{Result, ensure};
use mesh_tests::{ControlGroup, Program, Run, Settings, scene};

use crate::conformance::all_ok;

/// Runs a program under a limit of the shell, given in KiB, and expects every check to hold.
fn limited(
    program: &Program,
    limit: &str,
    arguments: &[&str],
    settings: &[Settings],
) -> Result<()> {
    let run = Run::tool("sh")?
        .arguments(["-c", &format!("ulimit {limit} && exec \"$@\"")])
        .argument("sh")
        .argument(program.path())
        .arguments(arguments);
    for settings in settings {
        println!("ulimit {limit}, {arguments:?}, {}", settings.name());
        let outcome = scene::under(&run, settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 1)?;
    }
    Ok(())
}

#[test]
fn address_space_comes_to_an_end() -> Result<()> {
    let program = Program::compile(&["limits/exhaustion.c"])?;
    // Of 512 MiB at least 128 must be there for blocks of one size; of all sizes, likewise.
    for size in ["64", "1024", "16384", "1048576", "0"] {
        limited(
            &program,
            "-v 524288",
            &[size, "128", "thread"],
            &[Settings::release()?],
        )?;
    }
    limited(
        &program,
        "-v 524288",
        &["0", "128", "thread"],
        &Settings::usual()?,
    )?;
    limited(&program, "-v 65536", &["0", "8"], &Settings::usual()?)
}

#[test]
fn a_limit_on_data() -> Result<()> {
    let program = Program::compile(&["limits/modest.c"])?;
    limited(&program, "-d 65536", &["30"], &Settings::usual()?)?;
    let program = Program::compile(&["limits/exhaustion.c"])?;
    limited(&program, "-d 131072", &["0", "64"], &Settings::usual()?)
}

#[test]
fn a_modest_program_under_a_limit_on_address_space() -> Result<()> {
    let program = Program::compile(&["limits/modest.c"])?;
    limited(&program, "-v 131072", &["40"], &Settings::usual()?)
}

#[test]
fn the_heap_has_a_limit_of_its_own() -> Result<()> {
    let program = Program::compile(&["limits/permitted.c"])?;
    for settings in [Settings::release()?, Settings::debug_mprotect()?] {
        let run = program
            .run()
            .argument("64")
            .variable("MESH_LIMIT", "64M")
            // Only an emergency begins a cycle.
            .variable("MESH_PERIOD_MS", "100000000");
        let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 16)?;
    }
    Ok(())
}

#[test]
fn the_heap_may_take_a_share_of_its_control_group() -> Result<()> {
    let start = Program::compile(&["limits/start.c"])?;
    let program = Program::compile(&["limits/permitted.c"])?;
    let group = ControlGroup::new(128)?;
    let run = group
        .run(&start, &program)
        .argument("64")
        .variable("MESH_LIMIT", "50%");
    let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
    all_ok(&outcome.stdout, 16)?;
    let events = group.events()?;
    ensure!(events.contains("oom_kill 0"), "{events}");
    Ok(())
}
