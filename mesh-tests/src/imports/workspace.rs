//! The crates of this workspace, as cargo lists them.

use std::collections::BTreeSet;
use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::artifact;

/// The directory of the workspace.
pub fn workspace() -> Result<PathBuf> {
    let manifest = artifact::workspace_manifest().canonicalize()?;
    let directory = manifest.parent().context("a file is in a directory")?;
    Ok(directory.to_owned())
}

/// The first files of all libraries, programs, tests and build scripts, each once: packages may
/// share sources.
pub fn roots() -> Result<BTreeSet<PathBuf>> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version=1"])?;
    let metadata: Value = serde_json::from_slice(&metadata)?;
    let mut roots = BTreeSet::new();
    for package in list(&metadata, "packages")? {
        for target in list(package, "targets")? {
            let root = target["src_path"].as_str().context("src_path")?;
            roots.insert(PathBuf::from(root).canonicalize()?);
        }
    }
    Ok(roots)
}

/// The packages that a package of this workspace is linked from, itself included.
pub fn linked(package: &str) -> Result<BTreeSet<String>> {
    let flags = [
        "tree",
        "--edges=normal",
        "--prefix=none",
        "--package",
        package,
    ];
    let tree = String::from_utf8(cargo(&flags)?)?;
    let name = |line: &str| line.split(' ').next().map(str::to_owned);
    Ok(tree.lines().filter_map(name).collect())
}

/// What cargo says about this workspace.
fn cargo(flags: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(flags)
        .arg("--manifest-path")
        .arg(artifact::workspace_manifest())
        .output()
        .context("cargo")?;
    ensure!(
        output.status.success(),
        "cargo {flags:?}:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value[key].as_array().with_context(|| key.to_owned())
}
