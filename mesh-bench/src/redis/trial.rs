//! One server, filled twice and left alone.

use super::client::info_number;
use super::dataset::Phase;
use super::server::Server;
use crate::allocators::Allocator;
use crate::cgroup::MemoryGroup;
use crate::launch::{self, Running};
use crate::sampler::{self, Sample, Sampler};
use crate::{interrupt, programs};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What one trial showed; memory is physical, in bytes: what the control group is charged for, else `Pss` plus page
/// tables.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Trial {
    /// Seconds that the two insertions took.
    pub(crate) insert_s: f64,
    /// CPU time of the server in both modes, seconds, the idle time included.
    pub(crate) cpu_s: f64,
    /// Mean over time, from the first insertion to the end of the idle time.
    pub(crate) mean_bytes: f64,
    /// Highest sample.
    pub(crate) peak_bytes: u64,
    /// At the end of the idle time.
    pub(crate) final_bytes: u64,
    /// The part of it that `Pss` plus page tables show.
    pub(crate) final_mapped: u64,
    /// What Redis thinks it uses.
    pub(crate) used_memory: u64,
    /// Keys that are left.
    pub(crate) keys: u64,
    /// All samples.
    pub(crate) samples: Vec<Sample>,
}

const SAMPLE_PERIOD: Duration = Duration::from_millis(50);
const INSERT_LIMIT: Duration = Duration::from_secs(300);
const CACHE: [&str; 4] = ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"];

/// Runs one trial: each phase is what to insert and the file with its commands; the server gets a control group of its
/// own if `groups` is a directory to make one in.
pub(crate) fn run(
    allocator: &Allocator,
    phases: &[(Phase, &Path)],
    idle: Duration,
    groups: Option<&Path>,
) -> Result<Trial> {
    let group = groups.map(MemoryGroup::inside).transpose()?;
    let server = Server::start(allocator, &CACHE, group.as_ref())?;
    let charges = group.as_ref().map(MemoryGroup::charges);
    let sampler = Sampler::start(server.pid(), charges, SAMPLE_PERIOD);
    let started = Instant::now();
    for (phase, file) in phases {
        insert(&server, phase.keys, file)?;
    }
    let insert_s = started.elapsed().as_secs_f64();
    rest(&server, idle)?;
    let samples = sampler.stop();
    let last = samples.last().context("no samples")?;
    let (used_memory, keys) = ask(&server)?;
    let usage = server.stop()?;
    Ok(Trial {
        insert_s,
        cpu_s: (usage.user + usage.system).as_secs_f64(),
        mean_bytes: sampler::mean_over_time(&samples).context("too few samples")?,
        peak_bytes: sampler::peak(&samples),
        final_bytes: last.bytes(),
        final_mapped: last.mapped,
        used_memory,
        keys,
        samples,
    })
}

fn insert(server: &Server, keys: u64, file: &Path) -> Result<()> {
    let mut command = Command::new(programs::find("redis-cli")?);
    command.arg("-s").arg(server.socket()).arg("--pipe");
    let (mut command, output) = launch::with_output(command)?;
    command.stdin(File::open(file).with_context(|| file.display().to_string())?);
    Running::start(command, None)?
        .wait(INSERT_LIMIT)?
        .success()
        .context("redis-cli --pipe")?;
    expect_replies(&launch::read_back(output)?, keys)?;
    server.expect_alive()
}

/// `redis-cli --pipe` ends with a line of how many commands failed and how many were answered.
fn expect_replies(output: &str, keys: u64) -> Result<()> {
    let expected = format!("errors: 0, replies: {keys}");
    if output.lines().any(|line| line.trim() == expected) {
        return Ok(());
    }
    bail!(
        "redis-cli --pipe: {}",
        output.lines().last().unwrap_or("no answer")
    )
}

fn rest(server: &Server, idle: Duration) -> Result<()> {
    let end = Instant::now() + idle;
    loop {
        interrupt::check()?;
        server.expect_alive()?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
}

fn ask(server: &Server) -> Result<(u64, u64)> {
    let mut client = server.client()?;
    let info = client.call(&["INFO", "memory"])?;
    let used = info_number(&info, "used_memory").context("used_memory")?;
    let keys = client.call(&["DBSIZE"])?.parse().context("DBSIZE")?;
    Ok((used, keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_or_failed_command_is_an_error() {
        let output = "All data transferred. Waiting for the last reply...\nLast reply received from server.\n";
        assert!(expect_replies(&format!("{output}errors: 0, replies: 70\n"), 70).is_ok());
        assert!(expect_replies(&format!("{output}errors: 1, replies: 70\n"), 70).is_err());
        assert!(expect_replies(&format!("{output}errors: 0, replies: 7\n"), 70).is_err());
        assert!(expect_replies("", 70).is_err());
    }
}
