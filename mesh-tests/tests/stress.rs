//! The stress test: `cargo run --release -p mesh-tests --bin stress` under the library.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mesh_tests::{Run, Settings, long_runs, scene, statistics};

/// Runs the stress test with one line of arguments. It ends well, and it has meshed.
fn stress(arguments: &[&str], settings: Settings) -> Result<()> {
    let seconds = if long_runs() { 60 } else { 10 };
    let run = Run::new(env!("CARGO_BIN_EXE_stress"))
        .arguments(arguments)
        .argument(format!("--seconds={seconds}"))
        .variable("MALLOCSTATS", "1")
        .within(Duration::from_secs(10 * seconds));
    let outcome = scene::under(&run, &settings, &[])?
        .succeeded()
        .with_context(|| format!("{arguments:?} under {}", settings.name()))?;
    println!("{}\n{}", settings.name(), outcome);
    if settings.meshes() {
        ensure!(
            statistics::meshes(&outcome.stderr) > Some(0),
            "nothing was meshed: {outcome}"
        );
    }
    Ok(())
}

#[test]
fn all_sizes() -> Result<()> {
    stress(&[], Settings::release_eager()?)
}

#[test]
fn all_sizes_debug() -> Result<()> {
    stress(&[], Settings::debug_eager()?)
}

#[test]
fn all_sizes_mprotect() -> Result<()> {
    stress(&[], Settings::release_mprotect()?)
}

#[test]
fn sparse_survivors() -> Result<()> {
    stress(&["--fragment"], Settings::release_eager()?)
}

#[test]
fn sparse_survivors_debug_mprotect() -> Result<()> {
    stress(&["--fragment"], Settings::debug_mprotect()?)
}

#[test]
fn sparse_survivors_background_thread() -> Result<()> {
    stress(&["--fragment"], Settings::release_background()?)
}
