//! Little memory: the end of it is NULL and ENOMEM, and the program goes on.

use anyhow::Result;
use mesh_tests::{Program, Run, Settings, scene};

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
