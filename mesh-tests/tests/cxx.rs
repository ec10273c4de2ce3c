//! The C++ face: operators, handlers, exceptions, thread_local objects.

use anyhow::Result;
use mesh_tests::compile::Linking;
use mesh_tests::{Case, Library, Program, Settings, scene};

use crate::conformance::all_ok;

pub(crate) const SOURCES: [&str; 5] = [
    "cxx/main.cpp",
    "cxx/operators.cpp",
    "cxx/failures.cpp",
    "cxx/containers.cpp",
    "cxx/threads.cpp",
];

pub(crate) const CHECKS: usize = 45;

#[test]
fn preloaded() -> Result<()> {
    let control = Case::new(Program::compile(&SOURCES)?.run()).check(&Settings::every()?)?;
    all_ok(&control.stdout, CHECKS)
}

#[test]
fn linked_to_the_shared_library() -> Result<()> {
    let library = Library::release()?;
    let program = Program::compile_with(&SOURCES, Linking::Shared(library))?;
    let outcome = scene::witnessed(&program.run(), library.shared(), &[])?.succeeded()?;
    all_ok(&outcome.stdout, CHECKS)
}

#[test]
fn linked_to_the_static_library() -> Result<()> {
    let program = Program::compile_with(&SOURCES, Linking::Static(Library::release()?))?;
    let outcome = scene::witnessed(&program.run(), program.path(), &[])?.succeeded()?;
    all_ok(&outcome.stdout, CHECKS)
}
