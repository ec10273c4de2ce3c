//! Transactions by PostgreSQL's own `pgbench`.

use super::cluster::{self, ROLE, Server};
use crate::launch::{self, Running};
use crate::service::Done;
use anyhow::{Context, Result, bail};
use std::process::Command;
use std::time::Duration;

/// Which transactions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// One row of the accounts each.
    Reads,
    /// Five statements each, four of which write.
    TpcB,
}

const LIMIT: Duration = Duration::from_secs(600);
/// As many as the machine of the smallest kind has processors.
const THREADS: &str = "2";

/// Fills pgbench's tables.
pub(super) fn initialize(server: &Server, scale: u64) -> Result<()> {
    let mut command = command(server)?;
    command.args(["--initialize", "--quiet", "--scale", &scale.to_string()]);
    let (command, _output) = launch::with_output(command)?;
    Running::start(command, None)?
        .wait(LIMIT)?
        .success()
        .context("pgbench --initialize")?;
    Ok(())
}

/// `count` transactions of each of `sessions` sessions, the same each time.
pub(super) fn run(server: &Server, kind: Kind, sessions: u16, count: u64) -> Result<Done> {
    let mut command = command(server)?;
    command.args(["--no-vacuum", "--random-seed=1", "--jobs", THREADS]);
    command.args(["--client", &sessions.to_string()]);
    command.args(["--transactions", &count.to_string()]);
    match kind {
        Kind::Reads => command.arg("--select-only"),
        Kind::TpcB => command.arg("--builtin=tpcb-like"),
    };
    let (command, output) = launch::with_output(command)?;
    Running::start(command, None)?
        .wait(LIMIT)?
        .success()
        .context("pgbench")?;
    let rate = rate(&launch::read_back(output)?, u64::from(sessions) * count)?;
    Ok(Done {
        rate: Some(rate),
        answers: None,
    })
}

fn command(server: &Server) -> Result<Command> {
    let mut command = Command::new(cluster::find("pgbench")?);
    command.arg("--host").arg(server.directory());
    command.args(["--username", ROLE, "--port", "5432"]);
    command.env("PGDATABASE", ROLE);
    Ok(command)
}

/// Transactions per second, from the report of pgbench, if all `expected` ones were done.
fn rate(report: &str, expected: u64) -> Result<f64> {
    let value = |name: &str| {
        let line = report.lines().find_map(|line| line.strip_prefix(name));
        line.with_context(|| format!("pgbench says nothing of `{name}`"))
    };
    let done = value("number of transactions actually processed: ")?;
    if done != format!("{expected}/{expected}") {
        bail!("pgbench did {done} transactions");
    }
    let rate = value("tps = ")?;
    let number = rate.split(' ').next().unwrap_or_default();
    number.parse().with_context(|| format!("`{rate}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "transaction type: <builtin: select only>\nscaling factor: 1\n\
        number of transactions actually processed: 500/500\nnumber of failed transactions: 0 (0.000%)\n\
        latency average = 0.123 ms\ninitial connection time = 5.1 ms\ntps = 1234.500000 (without initial connection time)\n";

    #[test]
    fn the_rate_is_read_if_all_was_done() {
        assert_eq!(rate(REPORT, 500).unwrap(), 1234.5);
        let error = rate(REPORT, 501).unwrap_err().to_string();
        assert_eq!(error, "pgbench did 500/500 transactions");
        assert!(rate("", 1).is_err());
    }
}
