//! The library under test. `cargo test` does not build it, so the first test that asks does.

use std::env;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};

use crate::artifact;

/// Names a shared library that is tested in place of libmesh.
const OVERRIDE: &str = "MESH_TEST_LIBRARY";

/// A malloc library that programs can be run with.
#[derive(Debug)]
pub struct Library {
    shared: PathBuf,
    archive: Option<PathBuf>,
}

impl Library {
    /// The library as users get it.
    pub fn release() -> Result<&'static Self> {
        static BUILT: OnceLock<Result<Library>> = OnceLock::new();
        borrowed(BUILT.get_or_init(|| Self::built(&["--release"], "release")))
    }

    /// The library with debug assertions.
    pub fn debug() -> Result<&'static Self> {
        static BUILT: OnceLock<Result<Library>> = OnceLock::new();
        borrowed(BUILT.get_or_init(|| Self::built(&[], "debug")))
    }

    /// The variant with the paper's search.
    pub fn split() -> Result<&'static Self> {
        static BUILT: OnceLock<Result<Library>> = OnceLock::new();
        borrowed(BUILT.get_or_init(|| Self::variant("mesh-split-ffi", "libmesh_split.so")))
    }

    /// The variant with objects in the order of addresses.
    pub fn ordered() -> Result<&'static Self> {
        static BUILT: OnceLock<Result<Library>> = OnceLock::new();
        borrowed(BUILT.get_or_init(|| Self::variant("mesh-ordered-ffi", "libmesh_ordered.so")))
    }

    /// The variant with objects placed by permutations.
    pub fn permuted() -> Result<&'static Self> {
        static BUILT: OnceLock<Result<Library>> = OnceLock::new();
        borrowed(BUILT.get_or_init(|| Self::variant("mesh-permuted-ffi", "libmesh_permuted.so")))
    }

    /// The variant that records how long its locks are held.
    pub fn timed() -> Result<&'static Self> {
        static BUILT: OnceLock<Result<Library>> = OnceLock::new();
        borrowed(BUILT.get_or_init(|| Self::variant("mesh-timed-ffi", "libmesh_timed.so")))
    }

    /// The library with jemalloc's names.
    pub fn je() -> Result<&'static Self> {
        static BUILT: OnceLock<Result<Library>> = OnceLock::new();
        borrowed(BUILT.get_or_init(|| Self::variant("mesh-je-ffi", "libmesh_je.so")))
    }

    /// The shared library.
    pub fn shared(&self) -> &Path {
        &self.shared
    }

    /// The static library.
    pub fn archive(&self) -> Result<&Path> {
        self.archive
            .as_deref()
            .with_context(|| format!("{} has no static library", self.shared.display()))
    }

    /// Whether this is libmesh: it can mesh, and says so in its statistics.
    pub fn is_mesh(&self) -> bool {
        self.archive.is_some()
    }

    fn variant(package: &str, file: &str) -> Result<Self> {
        artifact::exclusively(|target| {
            artifact::cargo_build(target, package, &["--release"])?;
            Ok(Self {
                shared: target.canonicalize()?.join("release").join(file),
                archive: None,
            })
        })
    }

    fn built(flags: &[&str], profile: &str) -> Result<Self> {
        if let Some(path) = env::var_os(OVERRIDE) {
            let shared = Path::new(&path)
                .canonicalize()
                .with_context(|| format!("{path:?}"))?;
            return Ok(Self {
                shared,
                archive: None,
            });
        }
        artifact::exclusively(|target| {
            artifact::cargo_build(target, "mesh-ffi", flags)?;
            let directory = target.join(profile).canonicalize()?;
            let shared = directory.join("libmesh.so");
            let archive = directory.join("libmesh.a");
            for file in [&shared, &archive] {
                if !file.is_file() {
                    bail!("cargo built mesh-ffi, but there is no {}", file.display());
                }
            }
            // As an installed library has it: what linked programs look for.
            let linked = directory.join("libmesh.so.1");
            if linked.read_link().is_err() {
                symlink("libmesh.so", linked)?;
            }
            Ok(Self {
                shared,
                archive: Some(archive),
            })
        })
    }
}

fn borrowed(built: &'static Result<Library>) -> Result<&'static Library> {
    built.as_ref().map_err(|error| anyhow!("{error:#}"))
}
