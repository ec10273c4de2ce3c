//! Small crates, built by cargo under the library.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result};

use crate::case::Case;
use crate::run::Run;

/// Builds some crates and runs them (`programs/cargo.sh`).
pub fn build() -> Result<Case> {
    let cargo = env::var_os("CARGO").context("tests are run by cargo")?;
    let compiler = Path::new(&cargo).with_file_name("rustc");
    let run = Run::script("sh", "cargo.sh")?
        .variable("CARGO", &cargo)
        .variable("RUSTC", compiler)
        .variable("CARGO_HOME", home_of("CARGO_HOME", ".cargo")?)
        .variable("RUSTUP_HOME", home_of("RUSTUP_HOME", ".rustup")?);
    // The Rust compiler and its linker bring an allocator of their own.
    Ok(Case::new(run).own_allocators(&["rustc", "rust-lld"]))
}

/// Where cargo keeps the crates that the workspace has downloaded.
fn home_of(variable: &str, default: &str) -> Result<OsString> {
    if let Some(home) = env::var_os(variable) {
        return Ok(home);
    }
    let home = env::home_dir().context("a home directory")?;
    Ok(home.join(default).into())
}
