//! A program with a profile, of whose functions one holds most of what lives.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use mesh_tests::{Program, artifact};

use crate::installed::{Installed, Said};

/// Bytes of small objects that it holds.
pub(crate) const OBJECTS: u64 = 64 << 20;

/// Bytes of all that it holds: a table of pointers, too.
pub(crate) const ALL: u64 = OBJECTS + (8 << 20);

/// The mean bytes between samples: there are so many that the estimates are within 5 % but for a chance of one in 200 000.
const INTERVAL: &str = "8K";

/// `mesh run` of a program, whose profile goes to files below the launcher's directory.
pub(crate) fn command(installed: &Installed, program: &Path) -> Command {
    let mut command = installed.mesh(&["run", "--profile", "--profile-sample", INTERVAL]);
    let prefix = installed.path("profile");
    command
        .arg("--profile-prefix")
        .arg(prefix)
        .arg("--")
        .arg(program);
    command
}

/// The file that the program has written at its end.
pub(crate) fn file(installed: &Installed, program: &Path) -> Result<PathBuf> {
    Said::by(&mut command(installed, program))?.ended_with(0)?;
    let entries = fs::read_dir(installed.path(""))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let paths: Vec<_> = paths.collect::<Result<_, _>>()?;
    let is_profile = |path: &&PathBuf| path.extension().is_some_and(|end| end == "heap");
    let path = paths.iter().find(is_profile);
    Ok(path
        .with_context(|| format!("no profile among {paths:?}"))?
        .clone())
}

pub(crate) fn cxx() -> Result<Program> {
    Program::compile(&["launcher/holds.cpp"])
}

/// The same in Rust.
pub(crate) fn rust(installed: &Installed) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").context("cargo runs the tests")?;
    let compiler = Path::new(&cargo).with_file_name("rustc");
    let program = installed.path("holds");
    let mut command = Command::new(compiler);
    command
        .args(["-O", "-g", "--edition", "2024", "-o"])
        .arg(&program);
    command.arg(artifact::programs().join("launcher/holds.rs"));
    Said::by(&mut command)?.ended_with(0)?;
    Ok(program)
}

/// Fails unless `bytes` are what is `expected`, as nearly as samples can tell.
pub(crate) fn near(bytes: u64, expected: u64) -> Result<()> {
    let is_near = bytes.abs_diff(expected) * 20 <= expected;
    ensure!(is_near, "{bytes} bytes instead of {expected}");
    Ok(())
}
