//! `mesh doctor`: whether Mesh can do its work here, and what would help.
//!
//! * `system`: what is looked at, a trait; `machine`: this machine;
//! * `checks`: what it means; `groups`: limits of control groups;
//! * `finding`: what is said of it; `probe`: what is tried in processes of their own.

mod checks;
mod finding;
mod groups;
mod machine;
mod probe;
mod system;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use finding::{Finding, Level};
use machine::Machine;
pub(crate) use probe::{Probe, run as probe};

/// Says whether Mesh can do its work on this machine, and what would help
///
/// Everything is looked at as the user who asks, in the control group of the shell: a service may have other limits. The exit status is 0
/// unless something makes Mesh unusable; then it is 1.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write JSON: an object with a list of findings
    #[arg(long)]
    json: bool,
    /// The library to try [default: the one beside this program, or installed]
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let findings = checks::all(&Machine::new(args.library.clone()));
    let usable = !findings
        .iter()
        .any(|finding| finding.level == Level::Unusable);
    if args.json {
        let page = json!({ "usable": usable, "findings": findings });
        println!("{}", serde_json::to_string_pretty(&page)?);
    } else {
        print!("{}", finding::page(&findings));
        println!("{}", verdict(&findings, usable));
    }
    Ok(if usable {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn verdict(findings: &[Finding], usable: bool) -> &'static str {
    let has = |level| findings.iter().any(|finding| finding.level == level);
    if !usable {
        "Mesh cannot be used here: see what is marked as unusable."
    } else if has(Level::Warning) {
        "Mesh can be used here, but see the warnings."
    } else if has(Level::Note) {
        "Mesh can be used here; the notes say what would help."
    } else {
        "Mesh has all it needs here."
    }
}
