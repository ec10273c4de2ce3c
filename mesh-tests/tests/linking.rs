//! Programs that are linked with the library in place of preloading it.

use std::path::Path;

use anyhow::{Context, Result};
use mesh_tests::compile::Linking;
use mesh_tests::{Library, Program, scene};

use crate::conformance::{CHECKS, SOURCES, all_ok};

/// The corner cases, in a program that must take `malloc` from `provider`.
fn corner_cases(linking: Linking, provider: impl FnOnce(&Program) -> &Path) -> Result<()> {
    let program = Program::compile_with(&SOURCES, linking)?;
    let outcome = scene::witnessed(&program.run(), provider(&program), &[])?.succeeded()?;
    all_ok(&outcome.stdout, CHECKS).with_context(|| format!("{linking:?}"))
}

#[test]
fn shared_library() -> Result<()> {
    for library in [Library::release()?, Library::debug()?] {
        corner_cases(Linking::Shared(library), |_| library.shared())?;
    }
    Ok(())
}

#[test]
fn static_library() -> Result<()> {
    for library in [Library::release()?, Library::debug()?] {
        corner_cases(Linking::Static(library), Program::path)?;
    }
    Ok(())
}

#[test]
fn whole_static_library() -> Result<()> {
    corner_cases(Linking::WholeArchive(Library::release()?), Program::path)
}
