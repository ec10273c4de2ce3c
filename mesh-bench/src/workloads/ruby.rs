//! Ruby: hashes, strings, JSON, regular expressions, sorting; and a worker with threads, over records that stay.

use super::workload::{Body, Workload};
use crate::site::{Scale, Site};
use anyhow::Result;
use std::process::Command;

/// Jobs in JSON, done by four threads.
pub(crate) const WORKER: Workload = Workload {
    name: "ruby-worker",
    about: "Ruby: four threads take jobs in JSON from a queue and keep records",
    needs: &["ruby"],
    body: Body::Program(|site| run(site, "worker.rb", include_str!("worker.rb"), "3")),
};

/// One script.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "ruby",
    about: "Ruby: hashes, strings, JSON, regular expressions, sorting",
    needs: &["ruby"],
    body: Body::Program(|site| run(site, "script.rb", include_str!("script.rb"), "6")),
};

fn run(site: &Site, name: &str, script: &str, full: &str) -> Result<Command> {
    let path = site.file(name, || script.into())?;
    let rounds = match site.scale {
        Scale::Full => full,
        Scale::Quick => "1",
    };
    let mut command = site.command("ruby")?;
    // No gems: which are installed would change the run.
    command.arg("--disable-gems").arg(path).arg(rounds);
    Ok(command)
}
