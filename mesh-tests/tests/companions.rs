//! Libraries with an allocator, a clock or threads of their own, beside ours in one process.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use mesh_tests::compile::Linking;
use mesh_tests::{Case, Program, Run, Settings, scene};

fn settings() -> Result<[Settings; 4]> {
    Ok([
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_eager()?,
        Settings::debug_mprotect()?,
    ])
}

#[test]
fn parallel_building_blocks() -> Result<()> {
    let linking = Linking::Others(&["-ltbb", "-ltbbmalloc"]);
    let program = Program::compile_with(&["companions/parallel.cpp"], linking)?;
    Case::new(program.run()).meshing().check(&settings()?)?;
    Ok(())
}

/// The proxy has all of the allocator's functions too, and is asked after ours.
#[test]
fn parallel_building_blocks_with_their_proxy() -> Result<()> {
    let linking = Linking::Others(&[
        "-ltbb",
        "-ltbbmalloc",
        "-Wl,--no-as-needed",
        "-ltbbmalloc_proxy",
    ]);
    let program = Program::compile_with(&["companions/parallel.cpp"], linking)?;
    Case::new(program.run()).meshing().check(&settings()?)?;
    Ok(())
}

#[test]
fn tasks_of_the_cxx_library_under_load() -> Result<()> {
    let program = Program::compile(&["companions/tasks.cpp"])?;
    Case::new(program.run()).meshing().check(&settings()?)?;
    Ok(())
}

/// A library that stands for the clock: once for one thread, once for many.
fn clocks() -> Result<[PathBuf; 2]> {
    let clock = |name: &str| {
        let file = PathBuf::from("/usr/lib/x86_64-linux-gnu/faketime").join(name);
        file.is_file()
            .then_some(file)
            .with_context(|| format!("no {name}: apt-get install libfaketime"))
    };
    Ok([clock("libfaketime.so.1")?, clock("libfaketimeMT.so.1")?])
}

fn in_front_and_behind(run: &Run, settings: &[Settings]) -> Result<()> {
    for clock in clocks()? {
        let control = scene::without(&run.clone().preload(&clock))?.succeeded()?;
        ensure!(control.stdout.contains("2001"), "{control}");
        for settings in settings {
            for run in [
                run.clone().preload(&clock).under(settings),
                run.clone().under(settings).preload(&clock),
            ] {
                let outcome = scene::without(&run)?.succeeded()?;
                ensure!(outcome.stdout == control.stdout, "{outcome}");
                ensure!(outcome.stderr == control.stderr, "{outcome}");
            }
        }
    }
    Ok(())
}

#[test]
fn another_time_for_a_program() -> Result<()> {
    let run = Run::tool("date")?.variable("FAKETIME", "2001-02-03 04:05:06");
    in_front_and_behind(&run, &settings()?)
}

#[test]
fn another_time_for_threads_and_children() -> Result<()> {
    let run = Run::script("python3", "companions/clock.py")?
        .variable("PYTHONMALLOC", "malloc")
        .variable("FAKETIME", "@2001-02-03 04:05:06");
    in_front_and_behind(
        &run,
        &[Settings::release_eager()?, Settings::debug_mprotect()?],
    )
}
