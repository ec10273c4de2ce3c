//! What a program can ask of its heap.

use anyhow::{Context, Result};
use mesh_tests::compile::Linking;
use mesh_tests::{Library, Program, Run, Settings, scene};
use roxmltree::Document;

use crate::conformance::all_ok;

#[test]
fn malloc_info_writes_xml() -> Result<()> {
    let program = Program::compile(&["introspection/malloc_info.c"])?;
    for settings in Settings::usual()? {
        let outcome = scene::under(&program.run(), &settings, &[])?.succeeded()?;
        let document = Document::parse(&outcome.stdout).context(outcome.stdout.clone())?;
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "malloc", "{}", outcome.stdout);
        assert!(root.attribute("version").is_some(), "{}", outcome.stdout);
        // The large block at least is in the figures of the whole heap.
        let sizes = document
            .descendants()
            .filter_map(|node| node.attribute("size")?.parse().ok());
        assert!(sizes.max() >= Some(40_u64 << 20), "{}", outcome.stdout);
    }
    Ok(())
}

/// Runs a program that is linked with the library, and knows its names.
fn linked(source: &str, library: &'static Library) -> Result<()> {
    let program = Program::compile_with(&[source], Linking::Shared(library))?;
    let run: Run = program.run();
    let outcome = scene::witnessed(&run, library.shared(), &[])?.succeeded()?;
    all_ok(&outcome.stdout, 5)
}

#[test]
fn mallctl_names() -> Result<()> {
    linked("introspection/mallctl.c", Library::release()?)?;
    linked("introspection/mallctl.c", Library::debug()?)
}

#[test]
fn functions_of_the_header() -> Result<()> {
    linked("introspection/mesh_h.c", Library::release()?)
}

#[test]
fn threads_that_sleep_keep_little() -> Result<()> {
    linked("introspection/resting.c", Library::release()?)?;
    linked("introspection/resting.c", Library::debug()?)
}

#[test]
fn a_handler_of_faults_on_an_alternate_stack_changes_nothing_of_that() -> Result<()> {
    linked("introspection/resting_aside.c", Library::release()?)?;
    linked("introspection/resting_aside.c", Library::debug()?)
}

#[test]
fn handlers_that_sleep_take_nothing_from_below_them() -> Result<()> {
    linked("introspection/resting_handlers.c", Library::release()?)?;
    linked("introspection/resting_handlers.c", Library::debug()?)?;
    linked(
        "introspection/resting_handlers_aside.c",
        Library::release()?,
    )?;
    linked("introspection/resting_handlers_aside.c", Library::debug()?)
}
