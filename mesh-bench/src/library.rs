//! Where the shared libraries of the allocators are.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

const DIRECTORIES: [&str; 7] = [
    "/usr/local/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
];

/// Ours: `$MESH_LIB`, `libmesh.so` beside this program, or where cargo puts a release build of it.
pub(crate) fn own_library() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("MESH_LIB") {
        return PathBuf::from(&path)
            .canonicalize()
            .with_context(|| format!("MESH_LIB={}", path.display()));
    }
    beside_or_built("libmesh.so")
        .context("no libmesh.so; build it with `cargo build --release -p mesh-ffi` or set MESH_LIB")
}

/// The library of a variant, `mesh-split`, say: beside ours, or where cargo puts a release build of it.
pub(crate) fn variant(name: &str) -> Result<PathBuf> {
    let file = format!("lib{}.so", name.replace('-', "_"));
    let ours = own_library().ok();
    ours.and_then(|ours| ours.with_file_name(&file).canonicalize().ok())
        .or_else(|| beside_or_built(&file))
        .with_context(|| format!("no {file}; build it with `cargo build --release -p {name}-ffi`"))
}

/// The recorder of traces: beside this program, or where cargo puts a release build of it.
pub(crate) fn recorder() -> Result<PathBuf> {
    beside_or_built("libmesh_trace.so").context(
        "no libmesh_trace.so; build it with `cargo build --release -p mesh-trace-ffi` or say --recorder",
    )
}

/// `file` beside this program, or from a release build of the workspace.
fn beside_or_built(file: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let beside = program.parent().unwrap_or(Path::new("."));
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    [
        beside.join(file),
        beside.join("../release").join(file),
        workspace.join("release").join(file),
    ]
    .iter()
    .find_map(|path| path.canonicalize().ok())
}

/// The first of `files` in the directories where libraries are installed.
pub(crate) fn installed(files: &[&str]) -> Result<PathBuf> {
    DIRECTORIES
        .iter()
        .flat_map(|directory| {
            files
                .iter()
                .map(move |file| Path::new(directory).join(file))
        })
        .find_map(|path| path.canonicalize().ok())
        .with_context(|| format!("no {} is installed", files.join(" or ")))
}

/// The C library itself.
///
/// Preloading it changes nothing but the order of search: programs linked to another allocator get glibc's.
pub(crate) fn loaded_libc() -> PathBuf {
    std::fs::read_to_string("/proc/self/maps")
        .ok()
        .and_then(|maps| maps.lines().find_map(libc_of_mapping))
        .unwrap_or_else(|| "libc.so.6".into())
}

fn libc_of_mapping(line: &str) -> Option<PathBuf> {
    let path = line.split_whitespace().nth(5)?;
    path.ends_with("/libc.so.6").then(|| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_library_is_found_among_the_mappings() {
        let line = "7f00-7f01 r-xp 00026000 fe:00 123  /usr/lib/x86_64-linux-gnu/libc.so.6";
        assert_eq!(
            libc_of_mapping(line),
            Some("/usr/lib/x86_64-linux-gnu/libc.so.6".into())
        );
        assert_eq!(libc_of_mapping("7f00-7f01 rw-p 00000000 00:00 0"), None);
    }

    #[test]
    fn a_variant_that_is_missing_says_how_to_build_it() {
        let error = variant("mesh-nowhere").unwrap_err().to_string();
        assert_eq!(
            error,
            "no libmesh_nowhere.so; build it with `cargo build --release -p mesh-nowhere-ffi`"
        );
    }

    #[test]
    fn a_library_that_is_nowhere_is_named_in_the_error() {
        let error = installed(&["libnowhere.so.1", "libnowhere.so.2"])
            .unwrap_err()
            .to_string();
        assert_eq!(error, "no libnowhere.so.1 or libnowhere.so.2 is installed");
    }
}
