//! What a server is filled with, in either form.

use super::client::{Client, info_number};
use super::dataset::Phase;
use super::server::Server;
use crate::launch::{self, Running};
use crate::{interrupt, programs};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How keys get into the server.
#[derive(Clone, Debug)]
pub(crate) enum Load {
    /// Phase after phase through `redis-cli --pipe`, each from a file with its commands: keys of one size give way to
    /// keys of another while they come.
    Piped(Vec<(Phase, PathBuf)>),
    /// `DEBUG POPULATE` for each phase, which evicts nothing, and a `PING` after each: all keys come first, then
    /// those that are too many go at once. This is how the authors of the paper did it.
    Populated(Vec<Phase>),
    /// The same, with a pause between two phases in which nothing is evicted, so that Redis' clock tells the ages of keys
    /// apart: older keys go first.
    Aged(Vec<Phase>),
}

const INSERT_LIMIT: Duration = Duration::from_secs(300);
const EVICTION_LIMIT: Duration = Duration::from_secs(300);
/// Twice the step of Redis' clock.
const AGE: Duration = Duration::from_secs(2);
/// How often the server is asked whether it still evicts.
const ASK_PERIOD: Duration = Duration::from_millis(20);

impl Load {
    /// What the server must be told at its start.
    pub(crate) fn options(&self) -> &'static [&'static str] {
        match self {
            Self::Piped(_) => &[],
            Self::Populated(_) | Self::Aged(_) => &["--enable-debug-command", "yes"],
        }
    }

    /// How many keys of each phase are left, in order; empty where keys do not tell.
    pub(crate) fn left(&self, client: &mut Client) -> Result<Vec<u64>> {
        let (Self::Populated(phases) | Self::Aged(phases)) = self else {
            return Ok(Vec::new());
        };
        prefixes(phases)
            .map(|(_, prefix)| {
                let answer = client.call(&["EVAL", COUNT_KEYS, "0", &format!("{prefix}:*")])?;
                answer.parse().context("a number of keys")
            })
            .collect()
    }

    /// Inserts all keys.
    pub(crate) fn insert(&self, server: &Server) -> Result<()> {
        match self {
            Self::Piped(phases) => phases
                .iter()
                .try_for_each(|(phase, file)| pipe(server, phase.keys, file)),
            Self::Populated(phases) => server.client()?.call_all(&populate(phases)),
            Self::Aged(phases) => populate_apart(&mut server.client()?, phases),
        }
    }

    /// Waits until the server evicts no more after [`insert`](Self::insert), and says when that was.
    pub(crate) fn last_eviction(&self, server: &Server) -> Result<Instant> {
        match self {
            // Each insertion evicted what it had to.
            Self::Piped(_) => Ok(Instant::now()),
            Self::Populated(_) | Self::Aged(_) => wait_for_evictions(&mut server.client()?),
        }
    }
}

/// A script that counts the keys that match its argument, while the server does nothing else.
const COUNT_KEYS: &str = "\
local cursor, count = '0', 0 \
repeat \
  local some = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 1000) \
  cursor, count = some[1], count + #some[2] \
until cursor == '0' \
return count";

/// Each phase with what its keys begin with, before a colon.
fn prefixes(phases: &[Phase]) -> impl Iterator<Item = (&Phase, char)> {
    phases.iter().zip('a'..='z')
}

fn populate(phases: &[Phase]) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for (phase, prefix) in prefixes(phases) {
        let words = [
            "DEBUG".to_owned(),
            "POPULATE".to_owned(),
            phase.keys.to_string(),
            prefix.to_string(),
            phase.size.to_string(),
        ];
        commands.push(words.to_vec());
        commands.push(vec!["PING".to_owned()]);
    }
    commands
}

/// Populates the server, which evicts nothing before all keys are there, with a pause before each phase.
fn populate_apart(client: &mut Client, phases: &[Phase]) -> Result<()> {
    let evict = |client: &mut Client, policy| {
        client
            .call(&["CONFIG", "SET", "maxmemory-policy", policy])
            .map(drop)
    };
    evict(client, "noeviction")?;
    for commands in populate(phases).chunks(2) {
        std::thread::sleep(AGE);
        client.call_all(commands)?;
    }
    evict(client, "allkeys-lru")
}

fn wait_for_evictions(client: &mut Client) -> Result<Instant> {
    let started = Instant::now();
    loop {
        interrupt::check()?;
        if !has_too_much(&client.call(&["INFO", "memory"])?)? {
            return Ok(Instant::now());
        }
        if started.elapsed() > EVICTION_LIMIT {
            bail!("still evicting after {} s", EVICTION_LIMIT.as_secs());
        }
        std::thread::sleep(ASK_PERIOD);
    }
}

/// Whether the server has to evict, as it counts; its answer itself takes some memory too.
fn has_too_much(info: &str) -> Result<bool> {
    let number = |name| info_number(info, name).context(name);
    let counted = number("used_memory")?.saturating_sub(number("mem_not_counted_for_evict")?);
    let most = number("maxmemory")?;
    Ok(counted > most + most / 100)
}

fn pipe(server: &Server, keys: u64, file: &Path) -> Result<()> {
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

    #[test]
    fn evictions_end_when_what_counts_fits() {
        let info = |used| {
            format!("used_memory:{used}\r\nmaxmemory:100\r\nmem_not_counted_for_evict:5\r\n")
        };
        assert!(has_too_much(&info(107)).unwrap());
        assert!(!has_too_much(&info(106)).unwrap());
        assert!(has_too_much("used_memory:1\r\n").is_err());
    }

    #[test]
    fn each_phase_has_keys_of_its_own_and_a_ping() {
        let phase = |keys, size| Phase { keys, size };
        let commands = populate(&[phase(700_000, 240), phase(170_000, 492)]);
        let lines: Vec<String> = commands.iter().map(|words| words.join(" ")).collect();
        assert_eq!(
            lines,
            [
                "DEBUG POPULATE 700000 a 240",
                "PING",
                "DEBUG POPULATE 170000 b 492",
                "PING"
            ]
        );
    }
}
