//! Imports go down only.
//!
//! What counts as an import is said in `mesh_tests::imports`.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};
use mesh_tests::imports::{self, Import, Imports, linked};

/// Crates, by their first file, in which files still import each other. The test fails when one of
/// them no longer does.
const CIRCLES: &[&str] = &["crates/arena/src/lib.rs", "mesh-ffi/src/lib.rs"];

/// The floors of `mesh-ffi`, each a directory, from the top down. Its first file is above them all.
const FLOORS: [&str; 5] = ["start", "face", "upkeep", "unseen", "ground"];

const MESH_FFI: &str = "mesh-ffi/src";

#[test]
fn no_files_import_each_other() -> Result<()> {
    let base = imports::workspace()?;
    let mut found = String::new();
    let mut unneeded: BTreeSet<&Path> = CIRCLES.iter().map(Path::new).collect();
    for root in imports::roots()? {
        let imports = Imports::read(&root, &base)?;
        let circles = imports.circles();
        if !circles.is_empty() && unneeded.remove(root.strip_prefix(&base)?) {
            continue;
        }
        for circle in circles {
            let inside = |import: &Import| {
                circle.contains(import.from.as_path()) && circle.contains(import.to.as_path())
            };
            let files = circle.len();
            found += &format!("{files} files import each other:\n");
            found += &imports.describe(inside);
        }
    }
    ensure!(found.is_empty(), "{found}");
    ensure!(
        unneeded.is_empty(),
        "without circles now, or no crate: {unneeded:?}"
    );
    Ok(())
}

/// The floor of a file of `mesh-ffi`: the higher, the smaller; `None` for a file on no floor.
fn floor(file: &Path) -> Option<usize> {
    let file = file.strip_prefix(MESH_FFI).ok()?;
    if file == Path::new("lib.rs") {
        return Some(0);
    }
    let at = FLOORS.iter().position(|floor| file.starts_with(floor))?;
    Some(at + 1)
}

#[test]
fn no_floor_imports_from_one_above() -> Result<()> {
    let base = imports::workspace()?;
    let root = base.join(MESH_FFI).join("lib.rs");
    let imports = Imports::read(&root, &base)?;
    let floors: BTreeSet<_> = imports.files().map(floor).collect();
    let outside: Vec<_> = imports
        .files()
        .filter(|file| floor(file).is_none())
        .collect();
    ensure!(outside.is_empty(), "on no floor: {outside:?}");
    ensure!(floors.len() == FLOORS.len() + 1, "floors without a file");
    let up = imports.describe(|import| floor(&import.to) < floor(&import.from));
    ensure!(up.is_empty(), "imports from a floor above:\n{up}");
    Ok(())
}

#[test]
fn libmesh_links_no_layer_of_the_kit() -> Result<()> {
    for library in [
        "mesh-ffi",
        "mesh-split-ffi",
        "mesh-permuted-ffi",
        "mesh-ordered-ffi",
        "mesh-timed-ffi",
        "mesh-je-ffi",
    ] {
        let linked = linked(library)?;
        ensure!(linked.contains("mesh-heap"), "{library}: {linked:?}");
        ensure!(!linked.contains("mesh-kit"), "{library} links the kit");
    }
    Ok(())
}

#[test]
fn the_kit_needs_no_system() -> Result<()> {
    let linked = linked("mesh-kit")?;
    let ours: BTreeSet<_> = ["mesh-kit", "mesh-heap", "mesh-sync"]
        .map(str::to_owned)
        .into();
    ensure!(linked == ours, "the kit links {linked:?}");
    Ok(())
}
