//! Perl: hashes of arrays, strings, regular expressions, sorting.

use super::workload::{Body, Workload};
use crate::site::{Scale, Site};
use anyhow::Result;
use std::process::Command;

/// One script.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "perl",
    about: "Perl: hashes, strings, regular expressions, sorting",
    needs: &["perl"],
    body: Body::Program(script),
};

fn script(site: &Site) -> Result<Command> {
    let path = site.file("script.pl", || include_str!("script.pl").into())?;
    let rounds = match site.scale {
        Scale::Full => "4",
        Scale::Quick => "1",
    };
    let mut command = site.command("perl")?;
    command.arg(path).arg(rounds).env("PERL_HASH_SEED", "0");
    Ok(command)
}
