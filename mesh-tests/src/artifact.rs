//! Where the tests keep what they build, and the lock that keeps test processes apart.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The package's `programs` directory: sources and scripts that run under the library.
pub fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs")
}

/// The workspace's manifest.
pub fn workspace_manifest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml")
}

/// Builds `package` of this workspace into `target`, a directory that [`exclusively`] lends.
pub fn cargo_build(target: &Path, package: &str, flags: &[&str]) -> Result<()> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--package", package])
        .args(flags)
        .arg("--manifest-path")
        .arg(workspace_manifest())
        .arg("--target-dir")
        .arg(target)
        .output()
        .context("cargo")?;
    if !output.status.success() {
        bail!(
            "{package} does not build:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// Runs `build` in the tests' own target directory while no other process is inside this function.
///
/// The directory is `preload` beside cargo's profile directories. It is a target directory of its
/// own, because the library and the tests differ in their panic handlers and features.
pub fn exclusively<T>(build: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
    let test = env::current_exe().context("path of the test program")?;
    // A test program lies in <target>/<profile>/deps/.
    let target = test
        .ancestors()
        .nth(3)
        .context("a test program lies in cargo's target")?;
    let directory = target.join("preload");
    fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
    let lock = File::create(directory.join("tests.lock"))?;
    lock.lock()?;
    build(&directory)
}
