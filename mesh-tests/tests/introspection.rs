//! What a program can ask of its heap.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use mesh_tests::compile::Linking;
use mesh_tests::{Library, Program, Run, Settings, artifact, scene};
use roxmltree::Document;
use serde_json::Value;

use crate::conformance::all_ok;
use crate::jemalloc;

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
fn figures_add_up() -> Result<()> {
    linked("introspection/sums.c", Library::release()?)?;
    linked("introspection/sums.c", Library::debug()?)
}

/// The dotted names of all values of `all`; of lists, the first element stands for all.
fn leaves(all: &Value, before: &str, found: &mut BTreeSet<String>) {
    let mut each = |name: &str, value| {
        let dot = if before.is_empty() { "" } else { "." };
        leaves(value, &format!("{before}{dot}{name}"), found);
    };
    match all {
        Value::Object(members) => members.iter().for_each(|(name, value)| each(name, value)),
        Value::Array(elements) => elements.iter().take(1).for_each(|value| each("0", value)),
        _ => {
            found.insert(before.to_owned());
        }
    }
}

/// The names in the tables of `docs/mallctl.md`, those of the first arena and the first size class. One that begins with a dot differs from
/// the one before in its last part.
fn documented() -> Result<BTreeSet<String>> {
    let page = artifact::workspace_manifest().with_file_name("docs/mallctl.md");
    let page = fs::read_to_string(page)?;
    let mut names = BTreeSet::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cell = row.split('|').nth(1).unwrap_or_default();
        let mut whole = String::new();
        for name in cell.split('`').skip(1).step_by(2) {
            match name.strip_prefix('.') {
                Some(last) => {
                    let before = whole.rsplit_once('.').context(row.to_owned())?.0;
                    names.insert(format!("{before}.{last}"));
                }
                None => {
                    whole = name.replace("<a>", "0").replace("<i>", "0");
                    names.insert(whole.clone());
                }
            }
        }
    }
    Ok(names)
}

/// What can be read by name is in the summary, and the other way round; and all of it is documented.
#[test]
fn the_summary_has_all_that_can_be_read() -> Result<()> {
    let library = Library::release()?;
    let program = Program::compile_with(&["introspection/json.c"], Linking::Shared(library))?;
    let outcome = scene::witnessed(&program.run(), library.shared(), &[])?.succeeded()?;
    let all: Value = serde_json::from_str(&outcome.stdout).context(outcome.stdout.clone())?;
    ensure!(all["mesh_count"].as_u64() > Some(0), "{outcome}");
    ensure!(all["mesh_count"] == all["mallctl"]["mesh"]["count"]);
    let mut in_summary = BTreeSet::new();
    leaves(&all["mallctl"], "", &mut in_summary);
    ensure!(in_summary.len() > 100, "{in_summary:?}");
    let documented = documented()?;
    let missing: Vec<_> = in_summary.difference(&documented).collect();
    ensure!(missing.is_empty(), "not in docs/mallctl.md: {missing:?}");

    // Each by name, and what jemalloc has.
    let asked: BTreeSet<String> = jemalloc::alike()
        .map(str::to_owned)
        .chain(documented.clone())
        .collect();
    let program = Program::compile(&["jemalloc/names.c"])?;
    let run = program.run().arguments(&asked);
    let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
    ensure!(outcome.stdout.lines().count() == asked.len(), "{outcome}");
    let unknown: Vec<_> = outcome
        .stdout
        .lines()
        .filter(|line| !line.contains(": mib 0/"))
        .filter(|line| documented.contains(line.split(':').next().unwrap_or_default()))
        .collect();
    ensure!(unknown.is_empty(), "documented, and not there: {unknown:?}");
    let can_be_read = |line: &&str| {
        let mut answers = line.split(" | read ").skip(1);
        answers.any(|answer| answer.split(' ').nth(1) == Some("0"))
    };
    // Other numbers say the same of the same arena, or of another class.
    let is_another = |name: &&str| {
        let mut parts = name.split('.');
        parts.any(|part| part.parse().is_ok_and(|number: u32| number > 0))
    };
    let readable: BTreeSet<String> = outcome
        .stdout
        .lines()
        .filter(can_be_read)
        .filter_map(|line| line.split(':').next())
        // What is read of it is made for that.
        .filter(|name| !is_another(name) && *name != "tcache.create")
        .map(str::to_owned)
        .collect();
    let differ: Vec<_> = readable.symmetric_difference(&in_summary).collect();
    ensure!(differ.is_empty(), "{differ:?}");
    Ok(())
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
