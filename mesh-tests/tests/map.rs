//! Maps of the heap: every span, in lines of JSON.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use mesh_tests::compile::Linking;
use mesh_tests::{Library, Program, Settings, scene};
use serde_json::Value;

use crate::conformance::all_ok;

/// What a map adds up to.
#[derive(Debug, Default)]
struct Sums {
    spans: u64,
    slots: u64,
    /// Spans on shared pages, and groups.
    grouped: u64,
    groups: u64,
}

fn number(line: &Value, name: &str) -> Result<u64> {
    line[name]
        .as_u64()
        .with_context(|| format!("no {name} in {line}"))
}

/// Words of hexadecimal digits, the lowest slots first.
fn words(live: &str) -> Result<Vec<u64>> {
    (0..live.len() / 16)
        .map(|word| Ok(u64::from_str_radix(&live[16 * word..16 * word + 16], 16)?))
        .collect()
}

/// Reads a map; an error when it is not whole, or does not hold together.
fn read(file: &Path) -> Result<Sums> {
    let text = std::fs::read_to_string(file)?;
    let lines: Vec<Value> = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let (first, last) = lines.first().zip(lines.last()).context("no lines")?;
    ensure!(first["kind"] == "map" && first["version"] == 1, "{first}");
    ensure!(last["kind"] == "end", "{last}");
    let mut sums = Sums::default();
    let mut slots = 0;
    // Slots in use by class and leader.
    let mut groups: HashMap<(u64, u64), Vec<u64>> = HashMap::new();
    for line in &lines[1..lines.len() - 1] {
        if line["kind"] == "class" {
            slots = number(line, "slots")?;
            continue;
        }
        ensure!(line["kind"] == "span", "{line}");
        let live = words(line["live"].as_str().context("no slots")?)?;
        ensure!(live.len() as u64 == slots.div_ceil(64), "{line}");
        let count = live
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum::<u64>();
        ensure!(count <= slots, "{line}");
        sums.spans += 1;
        sums.slots += count;
        if line["place"] == "group" {
            sums.grouped += 1;
            let group = (number(line, "class")?, number(line, "leader")?);
            let union = groups.entry(group).or_insert_with(|| vec![0; live.len()]);
            for (all, own) in union.iter_mut().zip(live) {
                ensure!(*all & own == 0, "a slot of a group is in use twice: {line}");
                *all |= own;
            }
        }
    }
    sums.groups = groups.len() as u64;
    ensure!(number(last, "spans")? == sums.spans, "{last}");
    Ok(sums)
}

#[test]
fn before_and_after_a_mesh() -> Result<()> {
    for library in [Library::release()?, Library::debug()?] {
        let linking = Linking::Shared(library);
        let program = Program::compile_with(&["introspection/map.c"], linking)?;
        let directory = tempfile::tempdir()?;
        let [before, after] = ["before", "after"].map(|name| directory.path().join(name));
        let run = program.run().argument(&before).argument(&after);
        let outcome = scene::witnessed(&run, library.shared(), &[])?.succeeded()?;
        all_ok(&outcome.stdout, 11)?;
        let (before, after) = (read(&before)?, read(&after)?);
        assert_eq!((before.grouped, before.groups), (0, 0), "{before:?}");
        assert!(before.slots >= 20_000, "{before:?}");
        assert!(
            after.groups > 0 && after.grouped > after.groups,
            "{after:?}"
        );
    }
    Ok(())
}

#[test]
fn at_exit() -> Result<()> {
    let program = Program::compile(&["introspection/sparse.c"])?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("map.%p");
    let run = program.run().variable("MESH_MAP", &file);
    let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
    ensure!(outcome.stderr.is_empty(), "{outcome}");
    let files: Vec<_> = directory.path().read_dir()?.collect::<Result<_, _>>()?;
    let [file] = files.as_slice() else {
        anyhow::bail!("{} files", files.len());
    };
    let name = file.file_name().into_string().ok().context("the name")?;
    let number = name.strip_prefix("map.").context("the name")?;
    ensure!(number.parse::<u32>()? > 1, "{name}");
    ensure!(read(&file.path())?.spans > 0, "no spans");
    Ok(())
}

#[test]
fn a_file_that_cannot_be_written_is_one_line() -> Result<()> {
    let program = Program::compile(&["introspection/sparse.c"])?;
    let run = program.run().variable("MESH_MAP", "/no/such/directory/map");
    let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
    assert_eq!(outcome.stderr, "mesh: no map in /no/such/directory/map\n");
    Ok(())
}
