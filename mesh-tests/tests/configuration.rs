//! The variables that the library reads, and what it prints.

use anyhow::{Context, Result, ensure};
use mesh_tests::{Library, Outcome, Program, Run, Settings, scene, statistics};

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
        ("MESH_PRESSURE", "0"),
        ("MESH_PRESSURE", "1"),
        ("MESH_BARRIER", "auto"),
        ("MESH_BARRIER", "mprotect"),
        ("MESH_THP", "auto"),
        ("MESH_THP", "never"),
        ("MESH_THP", "always"),
        ("MESH_NAMES", "auto"),
        ("MESH_NAMES", "1"),
        ("MESH_NAMES", "0"),
        ("MESH_DECAY_MS", "0"),
        ("MESH_DECAY_MS", "100"),
        ("MESH_MAX_MAPPINGS", "1000"),
        ("MESH_THREAD_CACHE_KB", "0"),
        ("MESH_THREAD_CACHE_KB", "65536"),
        ("MESH_ABORT", "0"),
        ("MESH_ABORT", "1"),
        ("MESH_DEEPBIND", "0"),
        ("MESH_DEEPBIND", "1"),
        ("MALLOCSTATS", "0"),
        ("MESH_LIMIT", "2G"),
        ("MESH_LIMIT", "1073741824"),
        ("MESH_LIMIT", "900m"),
        ("MESH_LIMIT", "100%"),
        ("MESH_CONF", ""),
        ("MESH_CONF", "effort=20,,limit=1G, period_ms = 50"),
        ("MESH_CONF_FILE", ""),
        ("MESH_CONF_FILE", "/dev/null"),
        ("MESH_CONFIG", "unrelated"),
        ("MESHES", "unrelated"),
        // A service mesh, or a container platform with a service named mesh.
        ("MESH_SERVICE_HOST", "10.0.0.1"),
        ("MESH_SERVICE_PORT_HTTP", "80"),
        ("MESH_API_TOKEN", "secret"),
        ("MESH_PORT", "80"),
        ("MESH_COLOUR", "blue"),
    ];
    for (name, value) in right {
        let outcome = with_variable(name, value)?;
        ensure!(outcome.stderr.is_empty(), "{name}={value}: {outcome}");
    }
    Ok(())
}

/// Effort and period of a process, from its summary.
fn effort_and_period(outcome: &Outcome) -> Result<(u64, u64)> {
    let summary: serde_json::Value =
        serde_json::from_str(&outcome.stderr).with_context(|| outcome.to_string())?;
    let figure = |name: &str| summary["mallctl"]["mesh"][name].as_u64();
    figure("effort")
        .zip(figure("check_period"))
        .with_context(|| outcome.to_string())
}

#[test]
fn settings_in_one_place() -> Result<()> {
    let program = Program::compile(&["introspection/sparse.c"])?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("settings");
    std::fs::write(
        &file,
        "# Settings\n\n  effort = 7 \nMESH_PERIOD_MS=70\nmallocstats=json\n",
    )?;
    let file = file.to_str().context("a path that is text")?;
    type Variables<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Variables, (u64, u64)); 5] = [
        (&[("MESH_CONF_FILE", file)], (7, 70)),
        (
            &[("MESH_CONF_FILE", file), ("MESH_CONF", "effort=8")],
            (8, 70),
        ),
        (
            &[("MESH_CONF", "effort=8, period_ms=80,mallocstats=json")],
            (8, 80),
        ),
        (
            &[
                ("MESH_EFFORT", "9"),
                ("MESH_CONF", "effort=8,MESH_PERIOD_MS=80"),
                ("MESH_CONF_FILE", file),
            ],
            (9, 80),
        ),
        (
            &[("MESH_CONF", "MALLOCSTATS=json,"), ("MESH_CONF_FILE", "")],
            (25, 100),
        ),
    ];
    for (variables, expected) in cases {
        let run = variables.iter().fold(program.run(), |run, (name, value)| {
            run.variable(*name, *value)
        });
        let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
        ensure!(
            effort_and_period(&outcome)? == expected,
            "{variables:?}: {outcome}"
        );
    }
    Ok(())
}

/// In a namespace of its own with another `/etc`, which takes the superuser.
#[test]
fn settings_of_the_machine() -> Result<()> {
    let program = Program::compile(&["introspection/sparse.c"])?;
    let script = "mount -t tmpfs none /etc && echo effort=6 >/etc/mesh.conf && exec env LD_PRELOAD=\"$2\" \"$1\"";
    let run = Run::tool("unshare")?
        .arguments(["--mount", "sh", "-c", script, "sh"])
        .argument(program.path())
        .argument(Library::release()?.shared())
        .variable("MALLOCSTATS", "json");
    let outcome = scene::without(&run)?.succeeded()?;
    ensure!(effort_and_period(&outcome)?.0 == 6, "{outcome}");
    Ok(())
}

#[test]
fn huge_pages_as_they_are_wanted() -> Result<()> {
    for (value, expected) in [
        ("auto", "default"),
        ("never", "never"),
        ("always", "always"),
    ] {
        let program = Program::compile(&["introspection/sparse.c"])?;
        let run = program.run().variable("MALLOCSTATS", "json");
        let run = run.variable("MESH_THP", value);
        let outcome = scene::under(&run, &Settings::release()?, &[])?.succeeded()?;
        let summary: serde_json::Value =
            serde_json::from_str(&outcome.stderr).with_context(|| outcome.to_string())?;
        let found = summary["mallctl"]["opt"]["thp"].as_str();
        ensure!(found == Some(expected), "{value}: {found:?}");
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
        ("MESH_PRESSURE", "often"),
        ("MESH_BARRIER", "wall"),
        ("MESH_THP", "madvise"),
        ("MESH_NAMES", "yes"),
        ("MESH_DECAY_MS", "1s"),
        ("MESH_MAX_MAPPINGS", "many"),
        ("MESH_THREAD_CACHE_KB", "2M"),
        ("MESH_THREAD_CACHE_KB", "65537"),
        ("MESH_ABORT", "never"),
        ("MESH_DEEPBIND", "yes"),
        ("MALLOCSTATS", "xml"),
        ("MESH_LIMIT", "0"),
        ("MESH_LIMIT", "101%"),
        ("MESH_LIMIT", "2X"),
        ("MESH_LIMIT", "G"),
        ("MESH_LIMIT", "99999999T"),
        ("MESH_CONF", "effort=often"),
        ("MESH_CONF", "efort=1"),
        ("MESH_CONF", "effort"),
        (
            "MESH_CONF",
            "a_name_that_is_longer_than_any_that_means_something=1",
        ),
        ("MESH_CONF_FILE", "/nowhere/at/all"),
        ("MESH_CONF_FILE", "/"),
        ("MESH_MAP_SIGNAL", "USR3"),
        ("MESH_MAP_SIGNAL", ""),
        ("MESH_MAP_SIGNAL", "KILL"),
        ("MESH_MAP_SIGNAL", "SIGSEGV"),
        ("MESH_MAP_SIGNAL", "33"),
        // Right by itself, but there is no MESH_MAP.
        ("MESH_MAP_SIGNAL", "USR2"),
        // Close to names that mean something.
        ("MESH_PERIOD", "1"),
        ("MESH_BARIER", "mprotect"),
        ("MESH_PRESURE", "0"),
        ("MESH_BACKGROUND", "1"),
        ("MESH_Enabled", "0"),
    ];
    for (name, value) in wrong {
        let outcome = with_variable(name, value)?;
        let lines: Vec<_> = outcome.stderr.lines().collect();
        ensure!(
            lines.len() == 1 && lines[0].contains(name),
            "{name}={value}: {outcome}"
        );
        ensure!(
            value.len() < 4 || name.contains(value) || !lines[0].contains(value),
            "the value is shown: {outcome}"
        );
    }
    Ok(())
}

/// Runs what is behind `--` with standard error in a file that may not grow, or in a pipe that nobody reads.
const REFUSING: &str = "
import os, resource, signal, sys
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
if sys.argv[1] == 'file':
    end = os.open('full', os.O_WRONLY | os.O_CREAT)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
else:
    start, end = os.pipe()
    os.close(start)
os.dup2(end, 2)
os.execvp('env', ['env'] + sys.argv[2:])
";

/// What is printed must not end a program that did not print it.
#[test]
fn a_summary_that_cannot_be_written_ends_nobody() -> Result<()> {
    let settings = Settings::release()?;
    let preload = format!("LD_PRELOAD={}", settings.library().shared().display());
    for what in ["file", "pipe"] {
        let run = Run::tool("python3")?;
        let run = run.arguments(["-c", REFUSING, what, "MALLOCSTATS=1", &preload, "true"]);
        let outcome = scene::without(&run)?;
        ensure!(outcome.ending() == "exit 0", "{what}: {outcome}");
    }
    Ok(())
}
