//! Memory that comes back while the program works.

use anyhow::Result;
use mesh_tests::{Program, Settings, scene};

use crate::conformance::all_ok;

#[test]
fn unused_memory_comes_back_while_the_program_works() -> Result<()> {
    let program = Program::compile(&["returns/memory.c"])?;
    for settings in [Settings::release()?, Settings::debug_mprotect()?] {
        let outcome = scene::under(&program.run(), &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 8)?;
    }
    Ok(())
}

#[test]
fn records_and_tables_of_what_is_gone_come_back() -> Result<()> {
    let program = Program::compile(&["returns/metadata.c"])?;
    for settings in [Settings::release()?, Settings::debug_mprotect()?] {
        let outcome = scene::under(&program.run(), &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 5)?;
    }
    Ok(())
}
