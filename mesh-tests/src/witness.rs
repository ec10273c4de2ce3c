//! Proof that programs really ran on the library under test.
//!
//! `programs/witness.c` is preloaded behind it. In every process it appends one line to a file:
//! the program, and the file that `malloc` is bound to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};

use crate::run::Run;
use crate::{artifact, tool};

/// Adds the witness to a program; it writes to `notes`.
pub fn attach(run: Run, notes: &Path) -> Result<Run> {
    Ok(run.preload(library()?).variable("WITNESS_NOTES", notes))
}

/// What the witness saw in one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Testimony {
    /// The program.
    pub program: PathBuf,
    /// The file that its `malloc` comes from.
    pub provider: PathBuf,
}

/// Reads the witness's notes: one entry for each program that was started.
pub fn testimonies(notes: &Path) -> Result<Vec<Testimony>> {
    let text = fs::read_to_string(notes)
        .with_context(|| "no process loaded the witness: was the program linked statically?")?;
    text.lines()
        .map(|line| {
            let (program, provider) = line.split_once('\t').context("line of the witness")?;
            Ok(Testimony {
                program: program.into(),
                provider: absolute(provider),
            })
        })
        .collect()
}

/// Fails unless every program that was started took `malloc` from `library`, or from itself if its
/// name is in `own`.
pub fn every_malloc_from(library: &Path, own: &[&str], notes: &Path) -> Result<()> {
    for Testimony { program, provider } in testimonies(notes)? {
        let has_own = own.iter().any(|name| program.ends_with(name)) && provider == program;
        if provider != library && !has_own {
            bail!(
                "{} took malloc from {} and not from {}",
                program.display(),
                provider.display(),
                library.display()
            );
        }
    }
    Ok(())
}

/// The loader reports a library by the name it was asked for: resolve links as for the others.
fn absolute(path: &str) -> PathBuf {
    Path::new(path)
        .canonicalize()
        .unwrap_or_else(|_| path.into())
}

fn library() -> Result<&'static Path> {
    static BUILT: OnceLock<Result<PathBuf>> = OnceLock::new();
    BUILT
        .get_or_init(build)
        .as_deref()
        .map_err(|error| anyhow!("{error:#}"))
}

fn build() -> Result<PathBuf> {
    artifact::exclusively(|target| {
        let target = target.canonicalize()?;
        let (library, new) = (target.join("libwitness.so"), target.join("libwitness.new"));
        let output = Command::new(tool::find("gcc")?)
            .args(["-O2", "-Wall", "-shared", "-fPIC", "-o"])
            .arg(&new)
            .arg(artifact::programs().join("witness.c"))
            .output()?;
        if !output.status.success() {
            bail!("witness.c:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        // Put in place as a whole: programs of another test process may be running on the old one.
        fs::rename(&new, &library)?;
        Ok(library)
    })
}
