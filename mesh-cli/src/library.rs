//! Where `libmesh.so` is.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const FILE: &str = "libmesh.so";

/// Where Debian installs libraries of this kind of machine.
const OF_MACHINE: [&str; 2] = if cfg!(target_arch = "aarch64") {
    ["/usr/lib/aarch64-linux-gnu", "/lib/aarch64-linux-gnu"]
} else {
    ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu"]
};

/// Where libraries are installed.
const DIRECTORIES: [&str; 6] = [
    "/usr/local/lib",
    OF_MACHINE[0],
    "/usr/lib64",
    "/usr/lib",
    OF_MACHINE[1],
    "/lib64",
];

/// The library that was `asked` for; else `$MESH_LIB`, the one beside this program, in `../lib`, from a release build of the workspace
/// that this program was built in, or installed.
pub(crate) fn find(asked: Option<&Path>) -> Result<PathBuf> {
    let named = env::var_os("MESH_LIB").map(PathBuf::from);
    if let Some(path) = asked.map(Path::to_owned).or(named) {
        let found = path.canonicalize();
        let found =
            found.with_context(|| format!("no library to preload at {}", path.display()))?;
        anyhow::ensure!(found.is_file(), "{} is not a file", found.display());
        return Ok(found);
    }
    // Not to be had where /proc is not mounted.
    let program = env::current_exe().ok();
    first_of(&candidates(program.as_deref())).with_context(|| {
        "no libmesh.so beside this program, in ../lib, or installed. Say where it is with --library FILE, \
         or build it with `cargo build --release -p mesh-ffi`"
    })
}

/// Where the library of `program`, if that is known, may be, the likeliest place first.
fn candidates(program: Option<&Path>) -> Vec<PathBuf> {
    let near =
        |beside: &Path| ["", "../lib", "../lib/mesh", "../release"].map(|place| beside.join(place));
    let near = program.and_then(Path::parent).map(near);
    let installed = DIRECTORIES.map(PathBuf::from);
    near.into_iter()
        .flatten()
        .chain(installed)
        .map(|directory| directory.join(FILE))
        .collect()
}

fn first_of(paths: &[PathBuf]) -> Option<PathBuf> {
    let found = |path: &PathBuf| path.canonicalize().ok();
    paths.iter().filter_map(found).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_beside_the_program_comes_before_what_is_installed() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::create_dir_all(path("bin")).unwrap();
        fs::create_dir_all(path("lib")).unwrap();
        fs::write(path("lib/libmesh.so"), "").unwrap();
        let program = path("bin/mesh");
        let found = || first_of(&candidates(Some(&program))).unwrap();
        assert_eq!(found(), path("lib/libmesh.so").canonicalize().unwrap());
        fs::write(path("bin/libmesh.so"), "").unwrap();
        assert_eq!(found(), path("bin/libmesh.so").canonicalize().unwrap());
    }

    #[test]
    fn where_the_program_is_unknown_only_installed_ones_are_taken() {
        let paths = candidates(None);
        assert_eq!(paths.len(), DIRECTORIES.len());
        assert!(paths.iter().all(|path| path.is_absolute()));
    }

    #[test]
    fn a_library_that_is_asked_for_must_be_there() {
        let error = find(Some(Path::new("/nowhere/libmesh.so"))).unwrap_err();
        assert!(format!("{error:#}").contains("/nowhere/libmesh.so"));
        let error = find(Some(Path::new("/tmp"))).unwrap_err();
        assert!(format!("{error:#}").contains("not a file"), "{error:#}");
    }
}
