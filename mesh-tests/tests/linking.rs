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

/// `libmesh.a` leaves the operators of C++ to the program, and to the C++ library.
#[test]
fn replaced_operators_beside_the_static_library() -> Result<()> {
    let library = Library::release()?;
    for linking in [Linking::Static(library), Linking::Alone(library, "-static")] {
        let program = Program::compile_with(&["interposed/operators.cpp"], linking)?;
        let directory = tempfile::tempdir()?;
        let outcome = program.run().finish(directory.path())?.succeeded()?;
        all_ok(&outcome.stdout, 9).with_context(|| format!("{linking:?}"))?;
    }
    Ok(())
}

/// Another C library than glibc: one line says so.
#[test]
fn under_the_loader_of_musl() -> Result<()> {
    let program = Program::compile_with(&["other_loader.c"], Linking::Musl)?;
    let directory = tempfile::tempdir()?;
    program.run().finish(directory.path())?.succeeded()?;
    let run = program.run().preload(Library::release()?.shared());
    let outcome = run.finish(directory.path())?;
    let lines: Vec<_> = outcome.stderr.lines().collect();
    anyhow::ensure!(
        outcome.ending() == "exit 127" && lines.len() == 1 && lines[0].contains("is not glibc"),
        "{outcome}"
    );
    Ok(())
}
