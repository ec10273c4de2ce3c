//! Programs that end, one run after the other.

use std::time::Duration;

use anyhow::{Context, Result};
use mesh_tests::{Case, Run, Settings, cargo, scene};

use crate::{repeat, share, turn};

/// Runs a program with each of the settings for its share of the time, once at least.
fn soak(case: &Case) -> Result<()> {
    let _turn = turn();
    for settings in Settings::both_barriers()? {
        let one = [settings];
        repeat(share(Duration::ZERO), 1, || case.check(&one).map(drop))?;
    }
    Ok(())
}

#[test]
fn python_with_threads_and_processes() -> Result<()> {
    let run = Run::script("python3", "everything.py")?
        .variable("PYTHONHASHSEED", "0")
        .variable("PYTHONMALLOC", "malloc");
    soak(&Case::new(run).meshing())
}

#[test]
fn cargo_builds() -> Result<()> {
    soak(&cargo::build()?)
}

/// Processes that allocate and free at random, beside one that forks and threads that come and go.
#[test]
fn stress_ng() -> Result<()> {
    let _turn = turn();
    let time = share(Duration::from_secs(6));
    for settings in Settings::both_barriers()? {
        let run = Run::tool("stress-ng")?
            .arguments(["--malloc", "2", "--malloc-bytes", "64M", "--fork", "1"])
            .arguments([
                "--pthread",
                "1",
                "--verify",
                "--temp-path",
                ".",
                "--timeout",
            ])
            .argument(format!("{}s", time.as_secs()))
            .within(2 * time + Duration::from_secs(60));
        let outcome = scene::under(&run, &settings, &[])
            .and_then(mesh_tests::Outcome::succeeded)
            .with_context(|| settings.name())?;
        // It survives the death of those that it has started, and says so.
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        for word in ["fail:", "error:", "SIGSEGV", "SIGBUS", "SIGABRT"] {
            anyhow::ensure!(!said.contains(word), "{}: {said}", settings.name());
        }
    }
    Ok(())
}
