//! Python, with its own small-object allocator on top of malloc and without it.

use anyhow::Result;
use mesh_tests::{Case, Run, Settings};

fn everything() -> Result<Run> {
    // Sets are ordered by hash, and hashes of strings by chance.
    Ok(Run::script("python3", "everything.py")?.variable("PYTHONHASHSEED", "0"))
}

#[test]
fn json_threads_and_processes() -> Result<()> {
    Case::new(everything()?).check(&Settings::usual()?)?;
    Ok(())
}

#[test]
fn pools_that_are_told_to_end() -> Result<()> {
    let run = Run::script("python3", "pools.py")?.variable("PYTHONMALLOC", "malloc");
    Case::new(run).meshing().check(&[
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_mprotect()?,
    ])?;
    Ok(())
}

#[test]
fn every_object_by_malloc() -> Result<()> {
    let run = everything()?.variable("PYTHONMALLOC", "malloc");
    Case::new(run)
        .meshing()
        .check(&[Settings::release_eager()?, Settings::debug_mprotect()?])?;
    Ok(())
}
