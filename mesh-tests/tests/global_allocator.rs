//! Rust programs with `mesh_alloc::Mesh` as their allocator, by itself and beside the preloaded library.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use mesh_tests::{Case, Run, Settings, artifact, tool};

/// An example of the package `mesh-alloc`.
fn example(name: &str) -> Result<PathBuf> {
    artifact::exclusively(|target| {
        artifact::cargo_build(target, "mesh-alloc", &["--example", name])?;
        Ok(target.canonicalize()?.join("debug/examples").join(name))
    })
}

#[test]
fn nothing_is_exported() -> Result<()> {
    let example = example("crates")?;
    let names = |which: &str| -> Result<String> {
        let output = Command::new(tool::find("nm")?)
            .args(["-D", which, "--format=just-symbols"])
            .arg(&example)
            .output()?;
        ensure!(output.status.success(), "{output:?}");
        Ok(String::from_utf8(output.stdout)?)
    };
    let defined = names("--defined-only")?;
    ensure!(defined.trim().is_empty(), "exported: {defined}");
    // Its own objects do not come from C.
    ensure!(names("--undefined-only")?.contains("pthread_setspecific"));
    Ok(())
}

/// Crates at work print the same, whatever C's `malloc` is.
#[test]
fn crates_at_work() -> Result<()> {
    Case::new(Run::new(&example("crates")?)).check(&[Settings::release_eager()?])?;
    Ok(())
}

#[test]
fn both_ways_at_once() -> Result<()> {
    let settings = [
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_eager()?,
    ];
    Case::new(Run::new(&example("beside")?))
        .meshing()
        .check(&settings)?;
    Ok(())
}
