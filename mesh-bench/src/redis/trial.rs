//! One server, filled and left alone.

use super::client::info_number;
use super::load::Load;
use super::pinger::{self, Pinger};
use super::server::Server;
use crate::allocators::Allocator;
use crate::cgroup::MemoryGroup;
use crate::course::Course;
use crate::interrupt;
use crate::sampler::{Accounts, Sampler};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is done to each server.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What it is filled with.
    pub(crate) load: Load,
    /// The size of the cache in bytes.
    pub(crate) maxmemory: u64,
    /// Time without commands at the end.
    pub(crate) idle: Duration,
    /// What is sampled, given the file with the charge.
    pub(crate) accounts: fn(Option<PathBuf>) -> Accounts,
    /// Whether a second client pings all the time.
    pub(crate) pinged: bool,
}

/// What one trial showed; memory is physical, in bytes: what the control group is charged for, else `Pss` plus page
/// tables.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Trial {
    /// Seconds until all commands were answered.
    pub(crate) insert_s: f64,
    /// Seconds until the server evicted its last key, from the first insertion and in the time of the samples.
    pub(crate) evicted_s: f64,
    /// CPU time of the server in both modes, seconds, the idle time included.
    pub(crate) cpu_s: f64,
    /// The part of the final memory that `Pss` plus page tables show, where it was sampled.
    pub(crate) final_mapped: Option<u64>,
    /// What Redis thinks it uses.
    pub(crate) used_memory: u64,
    /// Keys that are left.
    pub(crate) keys: u64,
    /// Those of each phase, in order, where keys tell their phase.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) keys_of_phases: Vec<u64>,
    /// The longest answer to a ping in seconds: of all, or while a populated server evicts and rests.
    pub(crate) pause_s: Option<f64>,
    /// From the first insertion to the end of the idle time.
    #[serde(flatten)]
    pub(crate) memory: Course,
}

const SAMPLE_PERIOD: Duration = Duration::from_millis(50);

/// Runs one trial; the server gets a control group of its own if `groups` is a directory to make one in.
pub(crate) fn run(allocator: &Allocator, plan: &Plan, groups: Option<&Path>) -> Result<Trial> {
    let group = groups.map(MemoryGroup::inside).transpose()?;
    let maxmemory = plan.maxmemory.to_string();
    let cache = [
        "--maxmemory",
        &maxmemory,
        "--maxmemory-policy",
        "allkeys-lru",
    ];
    let options = [&cache, plan.load.options()].concat();
    let server = Server::start(allocator, &options, group.as_ref())?;
    let charges = group.as_ref().map(MemoryGroup::charges);
    let accounts = (plan.accounts)(charges);
    let pinger = plan.pinged.then(|| Pinger::start(&server)).transpose()?;
    let started = Instant::now();
    let sampler = Sampler::start(server.pid(), accounts, SAMPLE_PERIOD);
    plan.load.insert(&server)?;
    let inserted = Instant::now();
    let evicted = plan.load.last_eviction(&server)?;
    rest(&server, plan.idle)?;
    let samples = sampler.stop();
    let pings = pinger.map(Pinger::stop).transpose()?;
    let (used_memory, keys) = ask(&server)?;
    // Last: it takes a while, and memory for itself.
    let keys_of_phases = plan.load.left(&mut server.client()?)?;
    let usage = server.stop()?;
    let watched_since = match plan.load {
        Load::Piped(_) => started,
        Load::Populated(_) | Load::Aged(_) => inserted,
    };
    Ok(Trial {
        insert_s: (inserted - started).as_secs_f64(),
        evicted_s: (evicted - started).as_secs_f64(),
        cpu_s: (usage.user + usage.system).as_secs_f64(),
        final_mapped: samples.last().and_then(|last| last.mapped),
        used_memory,
        keys,
        keys_of_phases,
        pause_s: pings.and_then(|pings| pinger::longest_s(&pings, watched_since)),
        memory: Course::of(samples)?,
    })
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
