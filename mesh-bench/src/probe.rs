//! Whether an allocator really is a process's `malloc`.
//!
//! The loader ignores a library it cannot preload and the program runs on, with glibc's `malloc`: such a measurement
//! would be of the wrong allocator.

use crate::allocators::Allocator;
use crate::child;
use crate::launch::{self, Running};
use anyhow::{Context, Result, bail};
use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The shared object that this process's `malloc` comes from.
pub(crate) fn malloc_path() -> Option<PathBuf> {
    let malloc = libc::malloc as *const c_void;
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: dladdr takes any address, and `info` is a place for its result.
    let found = unsafe { libc::dladdr(malloc, info.as_mut_ptr()) };
    // SAFETY: all fields of a Dl_info are pointers, for which zero is a value; dladdr may have set them.
    let info = unsafe { info.assume_init() };
    if found == 0 || info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: dladdr succeeded, so the name is a C string that lives as long as the object is loaded.
    let name = unsafe { CStr::from_ptr(info.dli_fname) };
    Some(PathBuf::from(name.to_str().ok()?))
}

/// An error unless a process started under `allocator` gets its `malloc` from there.
pub(crate) fn verify(allocator: &Allocator) -> Result<()> {
    let (command, output) = launch::with_output(child::command(&["malloc-path"])?)?;
    let mut command = command;
    allocator.preload(&mut command);
    Running::start(command, None)?
        .wait(Duration::from_secs(10))?
        .success()
        .with_context(|| format!("{}: a process with it does not even start", allocator.name))?;
    let actual = launch::read_back(output)?;
    if !same_file(Path::new(actual.trim()), &allocator.library) {
        bail!(
            "{}: preloading {} leaves malloc in {}",
            allocator.name,
            allocator.library.display(),
            actual.trim()
        );
    }
    Ok(())
}

/// An error unless process `pid` has `library` mapped: the loader leaves out what it cannot preload.
pub(crate) fn expect_library(pid: u32, library: &Path) -> Result<()> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let is_it = |line: &str| line.ends_with(&*library.to_string_lossy());
    if !maps.lines().any(is_it) {
        bail!("{} is not in the server", library.display());
    }
    Ok(())
}

/// [`verify`] for each.
pub(crate) fn verify_all(allocators: &[Allocator]) -> Result<()> {
    allocators.iter().try_for_each(verify)
}

fn same_file(left: &Path, right: &Path) -> bool {
    match (left.canonicalize(), right.canonicalize()) {
        (Ok(left), Ok(right)) => left == right,
        _ => left.file_name() == right.file_name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malloc_of_a_test_comes_from_a_shared_object() {
        let path = malloc_path().unwrap();
        assert!(
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().contains(".so")),
            "{path:?}"
        );
    }

    #[test]
    fn a_file_is_the_same_under_its_other_name() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("lib.so.2.0");
        let link = directory.path().join("lib.so.2");
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(same_file(&file, &link));
        assert!(!same_file(&file, directory.path()));
    }
}
