//! The recorder of traces, built by the first test that asks.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Result, anyhow};

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
        artifact::cargo_build(target, "mesh-trace-ffi", &["--release"])?;
        Ok(target.canonicalize()?.join("release/libmesh_trace.so"))
    })
}
