//! Corner cases of the allocation functions.

use anyhow::{Result, ensure};
use mesh_tests::{Program, Settings, scene};

/// What glibc does otherwise (2.36; later versions agree with more of it).
const GLIBC_DIFFERS: [&str; 6] = [
    "posix_memalign leaves errno alone when memory is short",
    "aligned_alloc refuses 0 and what is no power of two",
    "aligned_alloc says EINVAL",
    "__posix_memalign aligns",
    "free_sized is there",
    "free_aligned_sized is there",
];

/// The sources of the program.
pub(crate) const SOURCES: [&str; 9] = [
    "conformance/main.c",
    "conformance/sizes.c",
    "conformance/overflow.c",
    "conformance/alignment.c",
    "conformance/reallocation.c",
    "conformance/contents.c",
    "conformance/introspection.c",
    "conformance/names.c",
    "conformance/lifetime.c",
];

/// Fails with the checks that failed. `checks` is how many there must be.
pub(crate) fn all_ok(stdout: &str, checks: usize) -> Result<()> {
    let failed: Vec<_> = stdout
        .lines()
        .filter(|line| !line.starts_with("ok "))
        .collect();
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    ensure!(
        stdout.lines().count() >= checks,
        "only these checks ran:\n{stdout}"
    );
    Ok(())
}

/// How many checks the program makes at least, in each of its ways.
pub(crate) const CHECKS: usize = 80;

#[test]
fn corner_cases() -> Result<()> {
    let program = Program::compile(&SOURCES)?;
    for settings in Settings::every()? {
        println!("under {}", settings.name());
        let outcome = scene::under(&program.run(), &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, CHECKS)?;
    }
    Ok(())
}

#[test]
fn glibc_agrees_but_for_known_differences() -> Result<()> {
    let outcome = scene::without(&Program::compile(&SOURCES)?.run())?.succeeded()?;
    for line in outcome.stdout.lines() {
        let known = GLIBC_DIFFERS
            .iter()
            .any(|name| line == format!("FAIL {name}"));
        ensure!(line.starts_with("ok ") || known, "{line}");
    }
    ensure!(
        outcome.stdout.lines().count() >= CHECKS,
        "only these checks ran: {outcome}"
    );
    Ok(())
}
