//! jemalloc's names: what programs that were written for it find under `libmesh-je.so`, compared with jemalloc itself.

mod names;
mod programs;

use std::os::unix::fs::symlink;

use anyhow::{Context, Result, ensure};
use mesh_tests::compile::Linking;
use mesh_tests::{Library, Program, Settings, scene};
use serde_json::Value;
use tempfile::TempDir;

use crate::conformance::all_ok;

pub(crate) use names::alike;

/// A program that is linked with jemalloc, and finds our names before its own when ours is preloaded.
fn program(source: &str) -> Result<Program> {
    Program::compile_with(&[source], Linking::Others(&["-ljemalloc"]))
}

/// Runs checks under jemalloc, and then under ours.
fn checks(source: &str, least: usize, ours: &[Settings]) -> Result<()> {
    let program = program(source)?;
    all_ok(&scene::without(&program.run())?.succeeded()?.stdout, least).context("jemalloc")?;
    for settings in ours {
        let outcome = scene::under(&program.run(), settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, least).with_context(|| settings.name())?;
    }
    Ok(())
}

#[test]
fn requests_by_name() -> Result<()> {
    checks(
        "jemalloc/requests.c",
        25,
        &[Settings::je()?, Settings::je_eager()?],
    )
}

/// What is taken and given back by jemalloc's names comes from us, and blocks of the one kind may go back as the other; whether the
/// library is the one that answers for jemalloc, or not.
#[test]
fn blocks_with_flags() -> Result<()> {
    let mut ours = Settings::usual()?;
    ours.extend([Settings::je()?, Settings::je_eager()?]);
    checks("jemalloc/blocks.c", 28, &ours)
}

/// The summary as JSON has what tools read of jemalloc's.
#[test]
fn the_summary_as_json() -> Result<()> {
    let program = program("jemalloc/json.c")?;
    let theirs = scene::without(&program.run())?.succeeded()?.stdout;
    let ours = scene::under(&program.run(), &Settings::je()?, &[])?;
    let ours = ours.succeeded()?.stdout;
    for text in [theirs, ours] {
        let all: Value = serde_json::from_str(&text).context(text.clone())?;
        let version = &all["jemalloc"]["version"];
        ensure!(
            version.as_str().is_some_and(|text| text.starts_with("5.3")),
            "{version}"
        );
        for path in [
            "/opt/narenas",
            "/opt/dirty_decay_ms",
            "/arenas/narenas",
            "/arenas/page",
            "/arenas/nbins",
            "/arenas/bin/0/size",
            "/arenas/bin/3/nregs",
            "/stats/allocated",
            "/stats/active",
            "/stats/metadata",
            "/stats/resident",
            "/stats/mapped",
            "/stats/retained",
            "/stats/background_thread/num_threads",
        ] {
            let figure = all["jemalloc"].pointer(path);
            ensure!(figure.is_some_and(Value::is_number), "{path}: {text}");
        }
        ensure!(all["jemalloc"]["config"]["stats"] == true, "{text}");
    }
    Ok(())
}

/// What the program says counts less than what its user says to jemalloc, and this less than what he says to us.
#[test]
fn the_variables_of_jemalloc() -> Result<()> {
    let program = program("jemalloc/conf.c")?;
    let said = |variables: &[(&str, &str)]| -> Result<(String, String)> {
        let run = variables.iter().fold(program.run(), |run, (name, value)| {
            run.variable(name, value)
        });
        let outcome = scene::under(&run, &Settings::je()?, &[])?.succeeded()?;
        // jemalloc is loaded as well, and has its own to say.
        let ours = outcome
            .stderr
            .lines()
            .filter(|line| line.starts_with("mesh: "));
        let ours: Vec<_> = ours.collect();
        Ok((outcome.stdout.trim().to_owned(), ours.join("\n")))
    };
    let nothing = String::new();
    ensure!(said(&[])? == ("1234 1234 0".to_owned(), nothing.clone()));
    let user = (
        "MALLOC_CONF",
        "abort:false,dirty_decay_ms:-1,background_thread:true",
    );
    ensure!(said(&[user])? == ("-1 -1 1".to_owned(), nothing.clone()));
    ensure!(said(&[user, ("MESH_DECAY_MS", "77")])? == ("77 77 1".to_owned(), nothing));
    let wrong = said(&[("MALLOC_CONF", "dirty_decay_ms:soon")])?;
    let line = "mesh: ignored: dirty_decay_ms of malloc_conf, whose value means nothing";
    ensure!(
        wrong == ("1234 1234 0".to_owned(), line.to_owned()),
        "{wrong:?}"
    );
    Ok(())
}

#[test]
fn a_summary_at_exit_is_had_by_jemallocs_variable() -> Result<()> {
    let program = Program::compile(&["jemalloc/names.c"])?;
    let run = program.run().variable("MALLOC_CONF", "stats_print:true");
    let outcome = scene::under(&run, &Settings::je()?, &[])?.succeeded()?;
    ensure!(outcome.stderr.contains("MESH COUNT:"), "{outcome}");
    Ok(())
}

/// Runs the checks of blocks in a program that finds the library by `name`.
fn found_by(name: &str, program: &Program) -> Result<()> {
    let library = Library::je()?.shared();
    let scene = TempDir::with_prefix("mesh-je-")?;
    symlink(library, scene.path().join(name))?;
    let run = program.run().variable("LD_LIBRARY_PATH", scene.path());
    let outcome = scene::witnessed(&run, library, &[])?.succeeded()?;
    all_ok(&outcome.stdout, 25).with_context(|| name.to_owned())
}

#[test]
fn programs_can_be_linked_with_it() -> Result<()> {
    let library = Linking::File(Library::je()?.shared());
    let program = Program::compile_with(&["jemalloc/blocks.c"], library)?;
    found_by("libmesh-je.so", &program)
}

#[test]
fn programs_find_it_in_the_place_of_jemalloc() -> Result<()> {
    found_by("libjemalloc.so.2", &program("jemalloc/blocks.c")?)
}
