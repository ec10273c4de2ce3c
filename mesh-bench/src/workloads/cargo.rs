//! `cargo build` of a small generated crate, without a network.
//!
//! `rustc` as it is distributed has an allocator of its own linked in, which no preloaded library replaces. So this shows cargo, the
//! linker and the processes around them, as somebody sees it who sets `LD_PRELOAD` for a whole build.

use super::workload::{Body, Workload};
use crate::site::Site;
use anyhow::{Context, Result};
use std::fmt::Write;
use std::fs;
use std::process::Command;

/// A release build from nothing.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "cargo",
    about: "cargo build of a small crate (rustc keeps its own allocator; cargo and the linker do not)",
    needs: &["cargo"],
    body: Body::Program(build),
};

const FUNCTIONS: u64 = 60;
const MANIFEST: &str =
    "[package]\nname = \"generated\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n";

fn build(site: &Site) -> Result<Command> {
    fs::create_dir_all(site.directory.join("src")).context("src")?;
    site.file("Cargo.toml", || MANIFEST.into())?;
    site.file("src/main.rs", || program(site.scale.of(FUNCTIONS)))?;
    let target = site.directory.join("target");
    if target.exists() {
        fs::remove_dir_all(&target).with_context(|| target.display().to_string())?;
    }
    let mut command = site.command("cargo")?;
    command.args(["build", "--quiet", "--offline", "--target-dir"]);
    command.arg(target).env_remove("CARGO_BUILD_TARGET");
    Ok(command)
}

/// A program with `functions` functions, no two alike.
fn program(functions: u64) -> String {
    let mut text = String::from("use std::collections::BTreeMap;\n");
    let mut calls = String::new();
    for number in 0..functions {
        let (step, limit) = (number % 13 + 3, number % 29 + 5);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "
fn count_{number}(words: &[String]) -> usize {{
    let mut counts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, word) in words.iter().enumerate().step_by({step}) {{
        counts.entry(format!(\"{number}-{{word}}\")).or_default().push(index);
    }}
    counts.values().filter(|places| places.len() < {limit}).map(Vec::len).sum()
}}
"
        );
        let _ = writeln!(calls, "    sum += count_{number}(&words);");
    }
    let _ = write!(
        text,
        "
fn main() {{
    let words: Vec<String> = std::env::args().collect();
    let mut sum = 0;
{calls}    println!(\"{{sum}}\");
}}
"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_called() {
        let text = program(40);
        for number in 0..40 {
            assert_eq!(text.matches(&format!("count_{number}(")).count(), 2);
        }
    }
}
