//! Ruby: hashes, strings, JSON, regular expressions, sorting.

use super::workload::{Body, Workload};
use crate::site::{Scale, Site};
use anyhow::Result;
use std::process::Command;

/// One script.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "ruby",
    about: "Ruby: hashes, strings, JSON, regular expressions, sorting",
    needs: &["ruby"],
    body: Body::Program(script),
};

fn script(site: &Site) -> Result<Command> {
    let path = site.file("script.rb", || include_str!("script.rb").into())?;
    let rounds = match site.scale {
        Scale::Full => "6",
        Scale::Quick => "1",
    };
    let mut command = site.command("ruby")?;
    // No gems: which are installed would change the run.
    command.arg("--disable-gems").arg(path).arg(rounds);
    Ok(command)
}
