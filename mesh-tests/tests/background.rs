//! A thread of the library's that no program notices.

use anyhow::{Result, ensure};
use mesh_tests::{Case, Program, Settings, scene};

use crate::conformance::all_ok;

#[test]
fn calls_for_a_process_with_one_thread() -> Result<()> {
    let program = Program::compile(&["background/alone.c"])?;
    let settings = [
        Settings::release_background()?,
        Settings::debug_background()?,
    ];
    let control = Case::new(program.run()).check(&settings)?;
    all_ok(&control.stdout, 4)
}

#[test]
fn a_child_has_such_a_thread_too() -> Result<()> {
    let program = Program::compile(&["background/child.c"])?;
    for settings in [
        Settings::release_background()?,
        Settings::debug_background()?,
    ] {
        let outcome = scene::under(&program.run(), &settings, &[])?.succeeded()?;
        ensure!(
            outcome.stdout == "ok the child's heap is meshed while it does nothing\n",
            "{outcome}"
        );
    }
    Ok(())
}

#[test]
fn a_program_with_several_threads_gets_one_by_itself() -> Result<()> {
    let program = Program::compile(&["background/auto.c"])?;
    for settings in [Settings::release()?, Settings::debug_mprotect()?] {
        for others in ["0", "3"] {
            let run = program.run().argument(others);
            let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
            all_ok(&outcome.stdout, 4)?;
        }
    }
    Ok(())
}

#[test]
fn a_program_can_begin_and_end_one() -> Result<()> {
    let program = Program::compile(&["background/switched.c"])?;
    for settings in [Settings::release()?, Settings::debug_mprotect()?] {
        let outcome = scene::under(&program.run(), &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 12)?;
        let run = program.run().argument("forbidden");
        let run = run.variable("MESH_BACKGROUND_THREAD", "0");
        let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 4)?;
    }
    Ok(())
}
