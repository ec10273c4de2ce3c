//! The variables that the library reads, and what it prints.

use anyhow::{Context, Result, ensure};
use mesh_tests::{Outcome, Program, Settings, scene, statistics};

/// Runs a program with a sparse heap under the release library and one more variable.
fn with_variable(name: &str, value: &str) -> Result<Outcome> {
    let program = Program::compile(&["introspection/sparse.c"])?;
    let run = program.run().variable(name, value);
    let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
    ensure!(
        outcome.stdout == "ok a sparse heap survives compaction\n",
        "{outcome}"
    );
    Ok(outcome)
}

#[test]
fn summary_at_exit() -> Result<()> {
    let outcome = with_variable("MALLOCSTATS", "1")?;
    for label in statistics::LABELS {
        ensure!(
            statistics::figure(&outcome.stderr, label).is_some(),
            "no {label}: {outcome}"
        );
    }
    ensure!(statistics::meshes(&outcome.stderr) > Some(0), "{outcome}");
    Ok(())
}

#[test]
fn summary_as_json() -> Result<()> {
    let outcome = with_variable("MALLOCSTATS", "json")?;
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&outcome.stderr).with_context(|| outcome.to_string())?;
    ensure!(object["mesh_count"].as_u64() > Some(0), "{outcome}");
    Ok(())
}

#[test]
fn no_meshes_when_they_are_forbidden() -> Result<()> {
    let program = Program::compile(&["introspection/sparse.c"])?;
    let run = program.run().variable("MALLOCSTATS", "1");
    let outcome = scene::under(&run, &Settings::disabled()?, &[])?.succeeded()?;
    ensure!(statistics::meshes(&outcome.stderr) == Some(0), "{outcome}");
    Ok(())
}

#[test]
fn variables_that_are_right_say_nothing() -> Result<()> {
    let right = [
        ("MESH_ENABLED", "1"),
        ("MESH_ENABLED", "0"),
        ("MESH_PERIOD_MS", "0"),
        ("MESH_PERIOD_MS", "5000"),
        ("MESH_BACKGROUND_THREAD", "1"),
        ("MESH_BACKGROUND_THREAD", "0"),
        ("MESH_BARRIER", "auto"),
        ("MESH_BARRIER", "mprotect"),
        ("MESH_DECAY_MS", "0"),
        ("MESH_DECAY_MS", "100"),
        ("MESH_MAX_MAPPINGS", "1000"),
        ("MESH_ABORT", "0"),
        ("MESH_ABORT", "1"),
        ("MESH_DEEPBIND", "0"),
        ("MESH_DEEPBIND", "1"),
        ("MALLOCSTATS", "0"),
        ("MESHES", "unrelated"),
    ];
    for (name, value) in right {
        let outcome = with_variable(name, value)?;
        ensure!(outcome.stderr.is_empty(), "{name}={value}: {outcome}");
    }
    Ok(())
}

#[test]
fn a_mistake_is_one_line() -> Result<()> {
    let wrong = [
        ("MESH_ENABLED", "perhaps"),
        ("MESH_PERIOD_MS", "soon"),
        ("MESH_PERIOD_MS", ""),
        ("MESH_PERIOD_MS", "-1"),
        ("MESH_PERIOD_MS", "99999999999999999999999"),
        ("MESH_BACKGROUND_THREAD", "2"),
        ("MESH_BARRIER", "wall"),
        ("MESH_DECAY_MS", "1s"),
        ("MESH_MAX_MAPPINGS", "many"),
        ("MESH_ABORT", "never"),
        ("MESH_DEEPBIND", "yes"),
        ("MALLOCSTATS", "xml"),
        ("MESH_MAP_SIGNAL", "USR3"),
        ("MESH_MAP_SIGNAL", ""),
        ("MESH_MAP_SIGNAL", "KILL"),
        ("MESH_MAP_SIGNAL", "SIGSEGV"),
        ("MESH_MAP_SIGNAL", "33"),
        // Right by itself, but there is no MESH_MAP.
        ("MESH_MAP_SIGNAL", "USR2"),
        ("MESH_COLOUR", "1"),
    ];
    for (name, value) in wrong {
        let outcome = with_variable(name, value)?;
        let lines: Vec<_> = outcome.stderr.lines().collect();
        ensure!(
            lines.len() == 1 && lines[0].contains(name),
            "{name}={value}: {outcome}"
        );
    }
    Ok(())
}
