//! Heap profiles: what lives, what there was, and from where.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use heapprofile::{Header, Image, Stack};
use mesh_tests::{Outcome, Program, Run, Settings, scene};

use crate::conformance::all_ok;

/// Both builds behind both barriers, some with as many cycles as can be.
fn builds() -> Result<[Settings; 3]> {
    Ok([
        Settings::release()?,
        Settings::release_mprotect()?,
        Settings::debug_eager()?,
    ])
}

/// Files of a directory whose names end so, by name.
fn files(directory: &Path, suffix: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in directory.read_dir()? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(suffix) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The one file of a directory whose name ends so.
fn only(directory: &Path, suffix: &str) -> Result<Vec<u8>> {
    let found = files(directory, suffix)?;
    let [file] = found.as_slice() else {
        anyhow::bail!("{found:?}");
    };
    Ok(fs::read(file)?)
}

/// Bytes of all stacks.
fn sum<'a>(image: &Image<'a>, of: fn(&Stack<'a>) -> u64) -> u64 {
    image.stacks().map(|stack| of(&stack)).sum()
}

/// Whether a figure is as expected but for chance.
fn is_near(figure: u64, expected: u64) -> bool {
    figure.abs_diff(expected) * 20 <= expected
}

/// Whether a return address on the stack lies in the function at `start`, which has fewer than a thousand bytes.
fn comes_from(stack: &Stack<'_>, start: u64) -> bool {
    let words = (0..stack.stack_bytes() as u64 / 8)
        .filter_map(|word| stack.word(stack.stack_pointer() + 8 * word));
    words
        .into_iter()
        .any(|word| (start..start + 1000).contains(&word))
}

/// Runs a program with a profile in a directory of its own.
fn profiled(run: &Run, settings: &Settings, sample: &str) -> Result<(tempfile::TempDir, Outcome)> {
    let directory = tempfile::tempdir()?;
    let run = run
        .clone()
        .under(settings)
        .variable("MESH_PROF", "1")
        .variable("MESH_PROF_SAMPLE", sample);
    let outcome = run.finish(directory.path())?.succeeded()?;
    Ok((directory, outcome))
}

#[test]
fn what_lives_is_told_by_where_it_was_made() -> Result<()> {
    let program = Program::compile(&["profile/holds.c"])?;
    for settings in builds()? {
        let (directory, outcome) = profiled(&program.run(), &settings, "4K")?;
        ensure!(outcome.stderr.is_empty(), "{outcome}");
        let said: Vec<u64> = outcome
            .stdout
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let [make, work, live, ever] = said[..] else {
            anyhow::bail!("{outcome}");
        };
        let bytes = only(directory.path(), ".0.f.heap")?;
        let image = Image::new(&bytes)?;
        assert_eq!(image.header(Header::Interval), 4096);
        assert_eq!(image.header(Header::Dropped), 0);
        let maps = std::str::from_utf8(image.rest())?;
        ensure!(
            maps.contains("libmesh.so") && maps.ends_with('\n'),
            "{maps}"
        );
        let name = settings.name();
        let found = sum(&image, Stack::live_bytes);
        ensure!(is_near(found, live), "{name}: {found} live of {live}");
        // Those that got another size count once more.
        let found = sum(&image, Stack::bytes);
        ensure!(
            found > ever && is_near(found, ever + live / 4),
            "{name}: {found} of {ever}"
        );
        let of_make = image.stacks().filter(|stack| comes_from(stack, make));
        let made: u64 = of_make.map(|stack| stack.bytes()).sum();
        // What `realloc` makes comes from the function that calls `make`, whose frames may still be seen below.
        let most = ever + live / 4;
        ensure!(
            is_near(made.clamp(ever, most), made),
            "{name}: {made} of {ever}"
        );
        let strangers = image
            .stacks()
            .filter(|stack| stack.samples() > 10 && !comes_from(stack, work));
        assert_eq!(strangers.count(), 0, "{name}");
    }
    Ok(())
}

#[test]
fn what_was_given_back_does_not_live() -> Result<()> {
    let program = Program::compile(&["profile/holds.c"])?;
    for settings in builds()? {
        let (directory, _) = profiled(&program.run().argument("frees"), &settings, "4K")?;
        let bytes = only(directory.path(), ".0.f.heap")?;
        let image = Image::new(&bytes)?;
        ensure!(sum(&image, Stack::samples) > 1000);
        let live = sum(&image, Stack::live_samples);
        // What the C library keeps for its threads and streams.
        ensure!(live <= 5, "{live} samples live");
    }
    Ok(())
}

#[test]
fn a_program_controls_its_profile() -> Result<()> {
    let program = Program::compile(&["profile/controls.c"])?;
    for settings in builds()? {
        let run = program
            .run()
            .argument("named")
            .variable("MESH_PROF_ACTIVE", "0")
            .variable("MESH_PROF_SIGNAL", "USR2")
            .variable("MESH_PROF_LEAK", "1");
        let (directory, outcome) = profiled(&run, &settings, "4K")?;
        all_ok(&outcome.stdout, 14)?;
        let live = |suffix: &str| -> Result<u64> {
            let bytes = only(directory.path(), suffix)?;
            Ok(sum(&Image::new(&bytes)?, Stack::live_bytes))
        };
        // What was made without samples is not in it; nor what there was before the reset.
        let made = 2_000_000;
        for file in ["named", ".1.m.heap", ".2.s.heap"] {
            let live = live(file)?;
            ensure!(live.abs_diff(made) < made / 5, "{file}: {live}");
        }
        let of_child = live(".3.m.heap")?;
        ensure!(of_child.abs_diff(2 * made) < made / 3, "{of_child}");
        let lines: Vec<_> = outcome.stderr.lines().collect();
        ensure!(lines.len() == 2, "{outcome}");
        for line in lines {
            ensure!(line.starts_with("mesh: at exit about "), "{line}");
        }
    }
    Ok(())
}

#[test]
fn without_a_profile_its_controls_say_so() -> Result<()> {
    let program = Program::compile(&["profile/absent.c"])?;
    let outcome = scene::under(&program.run(), &Settings::release()?, &[])?.succeeded()?;
    all_ok(&outcome.stdout, 8)
}

#[test]
fn a_file_that_cannot_be_written_is_one_line() -> Result<()> {
    let program = Program::compile(&["introspection/sparse.c"])?;
    let run = program
        .run()
        .variable("MESH_PROF", "1")
        .variable("MESH_PROF_PREFIX", "/no/such/directory/p");
    let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
    let expected = "mesh: no heap profile in /no/such/directory/p\n";
    assert_eq!(outcome.stderr, expected);
    Ok(())
}

#[test]
fn settings_that_mean_nothing_are_one_line_each() -> Result<()> {
    let program = Program::compile(&["introspection/sparse.c"])?;
    for (name, value) in [
        ("MESH_PROF", "yes"),
        ("MESH_PROF_SAMPLE", "0"),
        ("MESH_PROF_SAMPLE", "80%"),
        ("MESH_PROF_SAMPLE", "2T"),
        ("MESH_PROF_STACK_KB", "65"),
        ("MESH_PROF_SIGNAL", "KILL"),
        ("MESH_PROF_ACTIVE", "2"),
    ] {
        let run = program.run().variable(name, value);
        let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
        let expected = format!("mesh: ignored: {name}, whose value means nothing\n");
        assert_eq!(outcome.stderr, expected, "{value}");
    }
    Ok(())
}

/// Every block is looked at again and again, by many threads, while some of them are samples.
#[test]
fn blocks_stay_whole() -> Result<()> {
    for settings in [Settings::release_eager()?, Settings::debug_mprotect()?] {
        let run = Run::new(env!("CARGO_BIN_EXE_stress")).argument("--seconds=5");
        // Samples have pages of their own, and this program looks at what it takes.
        let (directory, _) = profiled(&run, &settings, "64K")?;
        let bytes = only(directory.path(), ".0.f.heap")?;
        let image = Image::new(&bytes)?;
        ensure!(sum(&image, Stack::samples) > 1000);
        let live = sum(&image, Stack::live_bytes);
        ensure!(live <= sum(&image, Stack::bytes), "{live}");
    }
    Ok(())
}
