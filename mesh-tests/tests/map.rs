//! Maps of the heap: every span, in lines of JSON.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use mesh_tests::compile::Linking;
use mesh_tests::{Library, Outcome, Program, Run, Settings, scene};
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

/// Both builds, the latter with as many cycles as can be.
fn builds() -> Result<[Settings; 2]> {
    Ok([Settings::release()?, Settings::debug_eager()?])
}

/// Runs a program that is asked for maps in a directory that stays until they are read.
fn asked(run: &Run, settings: &Settings) -> Result<(tempfile::TempDir, Outcome)> {
    let directory = tempfile::tempdir()?;
    let run = run
        .clone()
        .under(settings)
        .variable("MESH_MAP", "map.%p")
        .variable("MESH_MAP_SIGNAL", "USR2");
    let outcome = run.finish(directory.path())?.succeeded()?;
    ensure!(outcome.stderr.is_empty(), "{outcome}");
    Ok((directory, outcome))
}

/// The maps whose names begin with `prefix`: each must be whole.
fn whole_maps(directory: &Path, prefix: &str) -> Result<usize> {
    let mut count = 0;
    for entry in directory.read_dir()? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        ensure!(!name.ends_with(".part"), "{name}");
        if name.starts_with(prefix) {
            let sums = read(&entry.path()).with_context(|| name.clone())?;
            ensure!(sums.spans > 0, "{name}");
            count += 1;
        }
    }
    Ok(count)
}

#[test]
fn a_running_program_is_asked_by_a_signal() -> Result<()> {
    let program = Program::compile(&["introspection/asked.c"])?;
    let ways = [
        "working",
        "steady",
        "epoll_wait",
        "a minute",
        "epoll_pwait",
        "poll",
        "ppoll",
        "select",
        "pselect",
        "nanosleep",
        "clock_nanosleep",
        "until",
        "usleep",
        "sleep",
        "brief select",
    ];
    for settings in builds()? {
        for way in ways {
            let (directory, outcome) = asked(&program.run().argument(way), &settings)?;
            all_ok(&outcome.stdout, 2).with_context(|| format!("{way}, {}", settings.name()))?;
            assert_eq!(whole_maps(directory.path(), "kept.")?, 3, "{way}");
        }
    }
    // With a thread that comes by, the program may do anything.
    let settings = Settings::release_background()?;
    for way in ["working", "epoll_wait"] {
        let (directory, outcome) = asked(&program.run().argument(way), &settings)?;
        all_ok(&outcome.stdout, 2)?;
        assert_eq!(whole_maps(directory.path(), "kept.")?, 3, "{way}");
    }
    Ok(())
}

#[test]
fn handlers_of_the_program_are_its_own() -> Result<()> {
    let program = Program::compile(&["introspection/asked.c"])?;
    for settings in builds()? {
        for (way, maps) in [("handlers", 1), ("replaced", 0), ("forked", 2)] {
            let (directory, outcome) = asked(&program.run().argument(way), &settings)?;
            all_ok(&outcome.stdout, 2).with_context(|| format!("{way}, {}", settings.name()))?;
            assert_eq!(whole_maps(directory.path(), "kept.")?, maps, "{way}");
        }
    }
    Ok(())
}

/// Another process asks a Python program, first while it works, then while it waits. Python expects that signals end waits.
const PYTHON: &str = r#"
import os, select, subprocess
name = f"map.{os.getpid()}"
def ask(delay):
    return subprocess.Popen(["sh", "-c", f"sleep {delay}; kill -USR2 {os.getpid()}"])
other, kept = ask(0), []
while not os.path.exists(name):
    kept.append([str(i) * 3 for i in range(1000)])
    if len(kept) > 200:
        del kept[::2]
assert other.wait() == 0
os.rename(name, "kept.working")
other = ask(0.1)
poll = select.epoll()
looks = 0
while not os.path.exists(name) and looks < 50:
    assert poll.poll(0.2) == []
    looks += 1
assert other.wait() == 0
os.rename(name, "kept.waiting")
print("both maps", sum(map(len, kept)) > 0)
"#;

#[test]
fn python_is_asked() -> Result<()> {
    for settings in builds()? {
        let run = Run::tool("python3")?.arguments(["-c", PYTHON]);
        let (directory, outcome) = asked(&run, &settings)?;
        assert_eq!(outcome.stdout, "both maps True\n");
        assert_eq!(whole_maps(directory.path(), "kept.")?, 2);
    }
    Ok(())
}

#[test]
fn what_is_no_file_stays_what_it_is() -> Result<()> {
    let program = Program::compile(&["introspection/asked.c"])?;
    let directory = tempfile::tempdir()?;
    let [link, target] = ["link", "target"].map(|name| directory.path().join(name));
    std::os::unix::fs::symlink(&target, &link)?;
    let run = program
        .run()
        .argument("leaves")
        .variable("MESH_MAP", &link)
        .variable("MESH_MAP_SIGNAL", "SIGRTMIN+2");
    let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
    ensure!(outcome.stderr.is_empty(), "{outcome}");
    ensure!(link.is_symlink() && read(&target)?.spans > 0);
    Ok(())
}

#[test]
fn a_file_that_cannot_be_replaced_is_written_to() -> Result<()> {
    let program = Program::compile(&["introspection/asked.c"])?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("map");
    // In the place of the file that would be written aside.
    std::fs::create_dir(directory.path().join("map.part"))?;
    let run = program
        .run()
        .argument("leaves")
        .variable("MESH_MAP", &file)
        .variable("MESH_MAP_SIGNAL", "RTMIN+2");
    let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
    ensure!(outcome.stderr.is_empty(), "{outcome}");
    ensure!(read(&file)?.spans > 0);
    Ok(())
}

#[test]
fn a_map_that_cannot_be_written_when_asked_is_one_line() -> Result<()> {
    let program = Program::compile(&["introspection/asked.c"])?;
    let run = program
        .run()
        .argument("leaves")
        .variable("MESH_MAP", "/no/such/directory/map")
        .variable("MESH_MAP_SIGNAL", "36");
    let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
    assert_eq!(outcome.stderr, "mesh: no map in /no/such/directory/map\n");
    Ok(())
}
