//! What a program can ask of its heap.

use anyhow::{Context, Result, ensure};
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
fn what_a_thread_keeps_can_be_set() -> Result<()> {
    let library = Library::release()?;
    let program = Program::compile_with(&["introspection/kept.c"], Linking::Shared(library))?;
    let kept = |kilobytes: &str| -> Result<Vec<usize>> {
        let run = program.run().variable("MESH_THREAD_CACHE_KB", kilobytes);
        let outcome = scene::witnessed(&run, library.shared(), &[])?.succeeded()?;
        let lines = outcome.stdout.lines();
        Ok(lines.map(str::parse).collect::<Result<_, _>>()?)
    };
    let (none, some, much) = (kept("0")?, kept("1024")?, kept("16384")?);
    // With what is free of charge, and what waits for other threads.
    let few = 1 << 20;
    ensure!(none.len() == 2 && none[0] < few, "{none:?}");
    ensure!(
        some[0] > none[0] + (256 << 10) && some[0] < few + few,
        "{some:?}"
    );
    ensure!(much[0] > 2 * some[0], "{much:?}");
    // What a program says while it runs holds as well.
    ensure!(some[1] < few && much[1] < few, "{some:?} {much:?}");
    Ok(())
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
