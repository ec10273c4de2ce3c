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
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--no-deps", "--format-version=1"])
        .arg("--manifest-path")
        .arg(artifact::workspace_manifest())
        .output()
        .context("cargo")?;
    ensure!(
        output.status.success(),
        "cargo metadata:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut roots = BTreeSet::new();
    for package in list(&metadata, "packages")? {
        for target in list(package, "targets")? {
            let root = target["src_path"].as_str().context("src_path")?;
            roots.insert(PathBuf::from(root).canonicalize()?);
        }
    }
    Ok(roots)
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value[key].as_array().with_context(|| key.to_owned())
}
