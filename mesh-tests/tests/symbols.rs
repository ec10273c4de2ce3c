//! What the shared library exports.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use mesh_tests::{Library, artifact, tool};

/// C and C++ names that programs bind to.
const EXPECTED: &str = "
    malloc calloc realloc free aligned_alloc posix_memalign free_sized free_aligned_sized
    memalign valloc pvalloc reallocarray malloc_usable_size cfree
    mallinfo mallinfo2 malloc_info malloc_stats malloc_trim mallopt
    __libc_malloc __libc_calloc __libc_realloc __libc_free
    __libc_memalign __libc_valloc __libc_pvalloc __posix_memalign
    _Znwm _Znam _ZnwmRKSt9nothrow_t _ZnamRKSt9nothrow_t
    _ZnwmSt11align_val_t _ZnamSt11align_val_t
    _ZnwmSt11align_val_tRKSt9nothrow_t _ZnamSt11align_val_tRKSt9nothrow_t
    _ZdlPv _ZdaPv _ZdlPvm _ZdaPvm _ZdlPvSt11align_val_t _ZdaPvSt11align_val_t
    _ZdlPvmSt11align_val_t _ZdaPvmSt11align_val_t _ZdlPvRKSt9nothrow_t _ZdaPvRKSt9nothrow_t
    _ZdlPvSt11align_val_tRKSt9nothrow_t _ZdaPvSt11align_val_tRKSt9nothrow_t
    mesh_usable_size mesh_in_bounds mesh_compact
";

/// The other names of `mesh.h`.
const EXPECTED_OF_THE_HEADER: &str = "mesh_mallctl mesh_stats_json mesh_pin mesh_unpin";

/// Defined dynamic symbols, without their versions.
fn exported(library: &Path) -> Result<BTreeSet<String>> {
    let output = Command::new(tool::find("nm")?)
        .args(["-D", "--defined-only", "--format=just-symbols"])
        .arg(library)
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let names = String::from_utf8(output.stdout)?;
    Ok(names
        .lines()
        .map(|name| name.split('@').next().unwrap_or(name).to_owned())
        .collect())
}

/// Fails if one of `expected`, a list with spaces between, is not exported.
fn exports(expected: &str) -> Result<()> {
    let names = exported(Library::release()?.shared())?;
    let missing: Vec<_> = expected
        .split_whitespace()
        .filter(|name| !names.contains(*name))
        .collect();
    ensure!(missing.is_empty(), "missing: {}", missing.join(" "));
    Ok(())
}

#[test]
fn every_name_is_exported() -> Result<()> {
    exports(EXPECTED)
}

#[test]
fn every_name_of_the_header_is_exported() -> Result<()> {
    exports(EXPECTED_OF_THE_HEADER)
}

#[test]
fn nothing_of_rust_or_jemalloc_is_exported() -> Result<()> {
    for library in [Library::release()?, Library::debug()?] {
        let names = exported(library.shared())?;
        // Programs that find `mallctl` believe that they run on jemalloc.
        let foreign = |name: &&String| {
            *name == "mallctl"
                || name.contains("rust")
                || name.starts_with("_R")
                || name.starts_with("_ZN")
        };
        let foreign: Vec<_> = names.iter().filter(foreign).collect();
        ensure!(foreign.is_empty(), "{foreign:?}");
    }
    Ok(())
}

/// However the library is built, also by one command with packages that ask for more of the package `libc`, it says that it
/// needs the C library, and which versions of its names.
#[test]
fn the_c_library_is_named() -> Result<()> {
    let together = artifact::exclusively(|target| {
        let target = target.join("together");
        artifact::cargo_build(&target, "mesh-ffi", &["--package", "mesh-tests"])?;
        Ok(target.join("debug/libmesh.so"))
    })?;
    for library in [
        Library::release()?.shared(),
        Library::debug()?.shared(),
        &together,
    ] {
        let output = Command::new(tool::find("objdump")?)
            .arg("-p")
            .arg(library)
            .output()?;
        let headers = String::from_utf8(output.stdout)?;
        let needed: Vec<_> = headers
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("NEEDED"))
            .map(str::trim)
            .collect();
        ensure!(needed == ["libc.so.6"], "{}: {needed:?}", library.display());
        ensure!(headers.contains("GLIBC_2"), "no versions: {headers}");
    }
    Ok(())
}
