//! Corner cases of the allocation functions.

use anyhow::{Result, ensure};
use mesh_tests::{Program, Settings, scene};

/// What glibc does otherwise (2.36; later versions agree with more of it).
const GLIBC_DIFFERS: [&str; 16] = [
    "posix_memalign leaves errno alone when memory is short",
    "aligned_alloc refuses 0 and what is no power of two",
    "aligned_alloc says EINVAL",
    "__posix_memalign aligns",
    "free_sized is there",
    "free_aligned_sized is there",
    "aligned_alloc: 100 bytes aligned to 0 are EINVAL",
    "aligned_alloc: 100 bytes aligned to 3 are EINVAL",
    "aligned_alloc: 100 bytes aligned to 24 are EINVAL",
    "aligned_alloc: 100 bytes aligned to 48 are EINVAL",
    "aligned_alloc: 100 bytes aligned to 100 are EINVAL",
    "aligned_alloc: 100 bytes aligned to 4095 are EINVAL",
    // It counts pages that went back before.
    "malloc_trim: returns 0 when there is nothing to give back",
    // The manual permits it; programs that ask for the usable size are better off without.
    "realloc of 150000 bytes to all that is usable",
    "realloc of 300000 bytes to all that is usable",
    "realloc of 2000000 bytes to all that is usable",
];

/// The sources of the program.
pub(crate) const SOURCES: [&str; 13] = [
    "conformance/main.c",
    "conformance/sizes.c",
    "conformance/overflow.c",
    "conformance/alignment.c",
    "conformance/reallocation.c",
    "conformance/contents.c",
    "conformance/introspection.c",
    "conformance/names.c",
    "conformance/lifetime.c",
    "conformance/matrix.c",
    "conformance/powers.c",
    "conformance/in_place.c",
    "conformance/tuning.c",
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
pub(crate) const CHECKS: usize = 529;

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
