//! The recorder of traces, built by the first test that asks.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};

use crate::artifact;

/// `libmesh_trace.so`, as users get it.
pub fn recorder() -> Result<&'static Path> {
    static BUILT: OnceLock<Result<PathBuf>> = OnceLock::new();
    match BUILT.get_or_init(build) {
        Ok(path) => Ok(path),
        Err(error) => Err(anyhow!("{error:#}")),
    }
}

fn build() -> Result<PathBuf> {
    artifact::exclusively(|target| {
        let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args([
                "build",
                "--quiet",
                "--release",
                "--package",
                "mesh-trace-ffi",
            ])
            .arg("--manifest-path")
            .arg(artifact::workspace_manifest())
            .arg("--target-dir")
            .arg(target)
            .output()
            .context("cargo")?;
        if !output.status.success() {
            bail!(
                "mesh-trace-ffi does not build:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(target.canonicalize()?.join("release/libmesh_trace.so"))
    })
}
