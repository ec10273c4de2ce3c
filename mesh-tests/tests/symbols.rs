//! What the shared library exports.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use mesh_tests::{Library, artifact, tool};

/// The names that only `libmesh-je.so` has.
const OF_JEMALLOC: &str = "mallctl mallctlnametomib mallctlbymib malloc_stats_print";

/// Data that other processes read, by its names.
const PUBLISHED: [&str; 2] = ["mesh_heap_profile", "mesh_published"];

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

/// It takes no room in the file, and no memory before it is first written to.
#[test]
fn what_other_processes_read_is_exported_and_empty() -> Result<()> {
    for library in [Library::release()?, Library::debug()?] {
        let symbols = said("nm", &["-D", "--defined-only"], library.shared())?;
        let kinds: Vec<_> = symbols
            .lines()
            .filter(|line| {
                let name = line.split_whitespace().last();
                name.is_some_and(|name| PUBLISHED.contains(&name))
            })
            .filter_map(|line| line.split_whitespace().nth(1))
            .collect();
        ensure!(kinds == ["B"; PUBLISHED.len()], "not of .bss: {kinds:?}");
    }
    Ok(())
}

#[test]
fn nothing_of_rust_or_jemalloc_is_exported() -> Result<()> {
    for library in [Library::release()?, Library::debug()?] {
        let names = exported(library.shared())?;
        // Programs that find `mallctl` believe that they run on jemalloc.
        let jemalloc = |name: &str| {
            OF_JEMALLOC
                .split_whitespace()
                .chain(["malloc_conf", "malloc_message"])
                .any(|its| its == name)
        };
        let foreign = |name: &&String| {
            jemalloc(name)
                || name.contains("rust")
                || name.starts_with("_R")
                || name.starts_with("_ZN")
        };
        let foreign: Vec<_> = names.iter().filter(foreign).collect();
        ensure!(foreign.is_empty(), "{foreign:?}");
    }
    Ok(())
}

#[test]
fn the_library_with_names_of_jemalloc_has_these_and_all_others() -> Result<()> {
    let je = Library::je()?.shared();
    let mut expected = exported(Library::release()?.shared())?;
    expected.extend(OF_JEMALLOC.split_whitespace().map(str::to_owned));
    let there = exported(je)?;
    let differ: Vec<_> = there.symmetric_difference(&expected).collect();
    ensure!(differ.is_empty(), "{differ:?}");
    let dynamic = said("readelf", &["-dW"], je)?;
    ensure!(
        dynamic.contains("[libmesh-je.so]"),
        "another name: {dynamic}"
    );
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

/// The parts of a library that are loaded: bytes in its file, and whether they are writable.
fn loaded(library: &Path) -> Result<Vec<(u64, bool)>> {
    let headers = said("readelf", &["-lW"], library)?;
    let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok();
    let part = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let is_part = fields.first() == Some(&"LOAD") && fields.len() > 6;
        is_part.then(|| Some((number(fields[4])?, fields[6].contains('W'))))?
    };
    Ok(headers.lines().filter_map(part).collect())
}

/// Each process has copies of its own of pages that are written to, and one process alone has all of the rest: the heap and what else is
/// zero at the start takes no room in the file.
#[test]
fn the_library_is_small() -> Result<()> {
    const KIB: u64 = 1 << 10;
    let parts = loaded(Library::release()?.shared())?;
    let sum = |of: &dyn Fn(&(u64, bool)) -> bool| -> u64 {
        parts
            .iter()
            .filter(|part| of(part))
            .map(|part| part.0)
            .sum()
    };
    let (all, writable) = (sum(&|_| true), sum(&|part| part.1));
    ensure!(writable > 0 && writable < 56 * KIB, "{writable}: {parts:?}");
    ensure!(all < 760 * KIB, "{all}: {parts:?}");
    let sections = said("readelf", &["-SW"], Library::release()?.shared())?;
    ensure!(
        sections.contains(".text.first"),
        "what small programs run is not put first: {sections}"
    );
    Ok(())
}

/// What the library wants of others, and why it may: whatever a program exports by these names, nothing of it comes to be called
/// by us in a program with a loader, but for what is said here.
const WANTED: &[(&str, &str)] = &[
    (
        "_ITM_deregisterTMCloneTable",
        "weak; of the compiler's start files",
    ),
    (
        "_ITM_registerTMCloneTable",
        "weak; of the compiler's start files",
    ),
    ("__cxa_finalize", "weak; of the compiler's start files"),
    ("__gmon_start__", "weak; of the compiler's start files"),
    ("_r_debug", "weak; a variable: the loader's list of objects"),
    (
        "__libc_current_sigrtmin",
        "a number of the C library's, asked for when a variable names a real-time signal",
    ),
    ("__libc_current_sigrtmax", "as above"),
    (
        "__errno_location",
        "static programs; with a loader the C library's own is called",
    ),
    ("dl_iterate_phdr", "as above"),
    ("fputs", "as above"),
    ("getauxval", "as above"),
    ("pthread_barrierattr_getpshared", "as above"),
    ("pthread_condattr_getpshared", "as above"),
    ("pthread_key_create", "as above"),
    ("pthread_key_delete", "as above"),
    ("pthread_mutexattr_getprotocol", "as above"),
    ("pthread_mutexattr_getpshared", "as above"),
    ("pthread_mutexattr_getrobust", "as above"),
    ("pthread_rwlockattr_getpshared", "as above"),
    ("pthread_setspecific", "as above"),
    ("strnlen", "as above"),
];

/// What `tool` says about `file`.
fn said(name: &str, arguments: &[&str], file: &Path) -> Result<String> {
    let output = Command::new(tool::find(name)?)
        .args(arguments)
        .arg(file)
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// The names in a file of `mesh-ffi`, in which lines that begin with `#` are headings.
fn listed(file: &str) -> Result<BTreeSet<String>> {
    let list = artifact::workspace_manifest()
        .with_file_name("mesh-ffi")
        .join(file);
    Ok(fs::read_to_string(list)?
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect())
}

/// The names that only the shared library has, as its build is told.
fn only_shared() -> Result<BTreeSet<String>> {
    listed("only-shared.txt")
}

#[test]
fn what_is_exported_is_the_list() -> Result<()> {
    let both = listed("exported.txt")?;
    let shared = only_shared()?;
    ensure!(both.is_disjoint(&shared), "listed twice");
    let intended: BTreeSet<_> = both.union(&shared).cloned().collect();
    for library in [Library::release()?, Library::debug()?] {
        let names = exported(library.shared())?;
        let others: Vec<_> = names.difference(&intended).collect();
        let missing: Vec<_> = intended.difference(&names).collect();
        ensure!(
            others.is_empty() && missing.is_empty(),
            "exported, and not listed: {others:?}; listed, and not exported: {missing:?}"
        );
    }
    Ok(())
}

/// Names with a version of ours would not stand in front of the C library's: a program asks for those of glibc's versions.
#[test]
fn no_exported_name_has_a_version() -> Result<()> {
    let headers = said("objdump", &["-p"], Library::release()?.shared())?;
    ensure!(
        headers.contains("Version References:") && !headers.contains("Version definitions:"),
        "{headers}"
    );
    Ok(())
}

/// What a linked program asks for at run time: a new number says that it cannot go on with an old library.
#[test]
fn the_libraries_have_names_with_a_number() -> Result<()> {
    let libraries = [
        (Library::release()?, "libmesh.so.1"),
        (Library::debug()?, "libmesh.so.1"),
        (Library::split()?, "libmesh_split.so.1"),
    ];
    for (library, expected) in libraries {
        let headers = said("objdump", &["-p"], library.shared())?;
        let name = headers
            .lines()
            .find_map(|line| line.trim_start().strip_prefix("SONAME"))
            .map(str::trim);
        ensure!(name == Some(expected), "{name:?} is not {expected}");
    }
    Ok(())
}

#[test]
fn what_is_for_the_shared_library_is_listed_and_exported() -> Result<()> {
    let library = Library::release()?;
    let listed = only_shared()?;
    let missing: Vec<_> = listed
        .difference(&exported(library.shared())?)
        .cloned()
        .collect();
    ensure!(missing.is_empty(), "not exported: {missing:?}");
    let symbols = said(
        "nm",
        &["--defined-only", "--format=just-symbols"],
        library.archive()?,
    )?;
    let made: BTreeSet<_> = symbols
        .lines()
        .filter_map(|name| name.strip_prefix("mesh_shared_").map(str::to_owned))
        .collect();
    ensure!(
        made == listed,
        "not in only-shared.txt: {:?}",
        made.difference(&listed)
    );
    let there: BTreeSet<_> = symbols.lines().map(str::to_owned).collect();
    let both: Vec<_> = listed.intersection(&there).collect();
    ensure!(both.is_empty(), "in the static library as well: {both:?}");
    Ok(())
}

#[test]
fn what_is_wanted_of_others_is_known() -> Result<()> {
    for library in [Library::release()?, Library::debug()?] {
        let symbols = said(
            "nm",
            &["-D", "--undefined-only", "--format=just-symbols"],
            library.shared(),
        )?;
        let unknown: Vec<_> = symbols
            .lines()
            .map(|name| name.split('@').next().unwrap_or(name))
            .filter(|name| !WANTED.iter().any(|(wanted, _)| wanted == name))
            .collect();
        ensure!(
            unknown.is_empty(),
            "called by name, so that a program may stand in front: {unknown:?}"
        );
    }
    Ok(())
}

#[test]
fn what_is_ours_is_called_as_ours() -> Result<()> {
    for library in [Library::release()?, Library::debug()?] {
        let names = exported(library.shared())?;
        let relocations = said("readelf", &["-rW"], library.shared())?;
        let by_name: Vec<_> = relocations
            .split_whitespace()
            .map(|word| word.split('@').next().unwrap_or(word))
            .filter(|word| names.contains(*word))
            .collect();
        ensure!(by_name.is_empty(), "looked up by name: {by_name:?}");
    }
    Ok(())
}
