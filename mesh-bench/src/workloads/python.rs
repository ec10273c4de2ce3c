//! CPython: JSON, dictionaries and strings; once with every object from `malloc`, once with its own small-object heap.

use super::workload::{Body, Workload};
use crate::site::{Scale, Site};
use anyhow::Result;
use std::process::Command;

/// Every object from `malloc`.
pub(crate) const MALLOC: Workload = Workload {
    name: "python-malloc",
    about: "CPython with PYTHONMALLOC=malloc: JSON, dictionaries, strings",
    needs: &["python3"],
    body: Body::Program(|site| {
        let mut command = script(site)?;
        command.env("PYTHONMALLOC", "malloc");
        Ok(command)
    }),
};

/// Only large objects from `malloc`.
pub(crate) const DEFAULT: Workload = Workload {
    name: "python",
    about: "the same with CPython's own heap for small objects",
    needs: &["python3"],
    body: Body::Program(script),
};

fn script(site: &Site) -> Result<Command> {
    let path = site.file("script.py", || include_str!("script.py").into())?;
    let rounds = match site.scale {
        Scale::Full => "6",
        Scale::Quick => "1",
    };
    let mut command = site.command("python3")?;
    // The same hashes in every run; no bytecode is written and no user's packages are read.
    command
        .args(["-B", "-s"])
        .arg(path)
        .arg(rounds)
        .env("PYTHONHASHSEED", "0");
    command.env_remove("PYTHONMALLOC");
    Ok(command)
}
