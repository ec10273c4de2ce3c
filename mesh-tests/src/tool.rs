//! Programs that the tests need from the system.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// Programs and the Debian packages that hold them.
const PACKAGES: &[(&str, &str)] = &[
    ("cat", "coreutils"),
    ("escript", "erlang-base"),
    ("g++", "g++"),
    ("gcc", "gcc"),
    ("git", "git"),
    ("make", "make"),
    ("musl-gcc", "musl-tools"),
    ("nm", "binutils"),
    ("node", "nodejs"),
    ("objdump", "binutils"),
    ("perl", "perl"),
    ("php", "php-cli"),
    ("python3", "python3"),
    ("readelf", "binutils"),
    ("redis-benchmark", "redis-tools"),
    ("redis-cli", "redis-tools"),
    ("redis-server", "redis-server"),
    ("ruby", "ruby"),
    ("sbcl", "sbcl"),
    ("setcap", "libcap2-bin"),
    ("setpriv", "util-linux"),
    ("sh", "dash"),
    ("sqlite3", "sqlite3"),
    ("stress-ng", "stress-ng"),
    ("tar", "tar"),
    ("tmux", "tmux"),
    ("unshare", "util-linux"),
    ("xz", "xz-utils"),
];

/// The search path of the programs under test: the system's programs before all others, so that a
/// test sees the same `python3` on every machine.
pub fn search_path() -> OsString {
    let mut path = OsString::from("/usr/bin:/bin");
    if let Some(rest) = env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    path
}

/// Finds a program, or fails with the name of the package that holds it.
pub fn find(name: &str) -> Result<PathBuf> {
    env::split_paths(&search_path())
        .map(|directory| directory.join(name))
        .find(|p| p.is_file())
        .with_context(|| {
            let package = PACKAGES.iter().find(|(program, _)| *program == name);
            let package = package.map_or(name, |(_, package)| package);
            format!("`{name}` is not installed: apt-get install {package}")
        })
}

/// Fails with the first of `names` that is not installed.
pub fn require(names: &[&str]) -> Result<()> {
    names.iter().try_for_each(|name| find(name).map(drop))
}
