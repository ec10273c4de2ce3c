//! A program that waits gives its memory back, and notices nothing else of it.

use anyhow::{Result, ensure};
use mesh_tests::{Case, Program, Settings, scene};

use crate::conformance::all_ok;

const WAYS: [&str; 5] = ["endless", "ticking", "polling", "selecting", "sleeping"];

#[test]
fn a_server_that_waits_is_compacted() -> Result<()> {
    let program = Program::compile(&["idle/server.c"])?;
    for way in WAYS {
        let run = program.run().argument(way);
        for settings in [
            Settings::release()?,
            Settings::release_mprotect()?,
            Settings::release_background()?,
        ] {
            let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
            all_ok(&outcome.stdout, 2)?;
        }
        // Without meshing the test can tell the difference.
        let outcome = scene::under(&run, &Settings::disabled()?, &[])?.succeeded()?;
        ensure!(outcome.stdout.contains("FAIL half"), "{outcome}");
    }
    Ok(())
}

#[test]
fn signals_end_waits_in_which_the_heap_is_compacted() -> Result<()> {
    let program = Program::compile(&["idle/signals.c"])?;
    for settings in [Settings::release()?, Settings::release_mprotect()?] {
        let outcome = scene::under(&program.run(), &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 28)?;
    }
    Ok(())
}

#[test]
fn select_is_as_without_the_library() -> Result<()> {
    let program = Program::compile(&["idle/select.c"])?;
    let control = Case::new(program.run()).meshing().check(&[
        Settings::release()?,
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_eager()?,
        Settings::release_background()?,
    ])?;
    all_ok(&control.stdout, 28)
}
