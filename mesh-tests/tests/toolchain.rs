//! Compilers and build tools: trees of processes, each with a heap that only grows.

use anyhow::Result;
use mesh_tests::{Case, Run, Settings, cargo, tool};

#[test]
fn gcc_and_make() -> Result<()> {
    tool::require(&["gcc", "make"])?;
    Case::new(Run::script("sh", "make.sh")?).check(&Settings::usual()?)?;
    Ok(())
}

#[test]
fn cargo_build() -> Result<()> {
    cargo::build()?.check(&Settings::usual()?)?;
    Ok(())
}
