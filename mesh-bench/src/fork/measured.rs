//! The measured process: fill a heap, free most of it if the plan says so, fork.

use super::chain::Chain;
use super::outcome::{Outcome, Sample};
use super::plan::Plan;
use crate::cgroup;
use crate::child;
use crate::malloc;
use crate::physical::Physical;
use anyhow::{Context, Result, bail};
use memmap2::{MmapMut, MmapOptions};
use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const STAMP: u8 = 0x5a;
const CHILDS_STAMP: u8 = 0xa5;

/// Does what `plan`, a [`Plan`] in JSON, says and prints the [`Outcome`] in JSON; `charges`
/// is the file with the charge of our control group.
pub(crate) fn run_plan(plan: &str, charges: Option<&Path>) -> Result<()> {
    child::answer(plan, |plan| carry_out(plan, charges))
}

fn carry_out(plan: &Plan, charges: Option<&Path>) -> Result<Outcome> {
    let times = Times::new().context("a shared page")?;
    let baseline = physical(charges)?;
    let shared = Physical::shared_of_self()?;
    let mut kept = Chain::new(plan.size);
    let mut doomed = Chain::new(plan.size);
    for index in 0..plan.objects() {
        let chain = if plan.keeps(index) {
            &mut kept
        } else {
            &mut doomed
        };
        chain.push(STAMP);
    }
    if plan.fragments() {
        doomed.clear();
        malloc::trim();
    }
    // A meshed page is mapped again at its first access, which is not to be the fork's.
    let objects = kept.count(STAMP);

    let mut outcome = Outcome {
        live: objects * plan.size as u64,
        before: physical(charges)?.saturating_sub(baseline),
        shared: Physical::shared_of_self()?.saturating_sub(shared),
        mappings: mappings().context("/proc/self/maps")?,
        ..Outcome::default()
    };
    for _ in 0..plan.threads {
        // It ends with the process.
        std::thread::Builder::new()
            .spawn(|| {
                loop {
                    std::thread::park();
                }
            })
            .context("a thread")?;
    }
    outcome.samples.reserve(plan.forks);
    for _ in 0..plan.forks {
        let (sample, charged) = fork_once(&mut kept, &times, charges)?;
        outcome.samples.push(sample);
        outcome.growth = outcome.growth.max(charged);
    }
    if kept.count(STAMP) != objects {
        bail!("an object of the parent has changed");
    }
    Ok(outcome)
}

/// Forks a child that writes to one object and then waits until the memory of both has been looked at.
///
/// The other value is how much more our group was charged for.
fn fork_once(
    kept: &mut Chain,
    times: &Times,
    charges: Option<&Path>,
) -> Result<(Sample, Option<u64>)> {
    let charge = || charges.map(cgroup::read_bytes).transpose();
    let (written, writes) = io::pipe().context("a pipe")?;
    let (looked, looks) = io::pipe().context("a pipe")?;
    let before = charge()?;
    let start = Instant::now();
    // SAFETY: the other threads of this process sleep and hold no lock, so the child may do whatever the parent may.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let returned = start.elapsed();
        kept.write_one(CHILDS_STAMP);
        times.set(Times::CHILD, returned.as_nanos());
        times.set(Times::WRITTEN, start.elapsed().as_nanos());
        drop(writes);
        drop(looks);
        // It ends when the parent closes its side, or ends itself.
        let _ = wait_for_end(looked);
        // SAFETY: ends the process, whatever state it is in.
        unsafe { libc::_exit(0) };
    }
    let parent = start.elapsed();
    if child < 0 {
        return Err(io::Error::last_os_error()).context("fork");
    }
    drop(writes);
    wait_for_end(written).context("the child's first write")?;
    let during = charge()?;
    drop(looks);
    reap(child)?;
    let sample = Sample {
        parent_ns: u64::try_from(parent.as_nanos()).unwrap_or(u64::MAX),
        child_ns: times.at(Times::CHILD),
        written_ns: times.at(Times::WRITTEN),
    };
    let growth = before
        .zip(during)
        .map(|(before, during)| during.saturating_sub(before));
    Ok((sample, growth))
}

/// Waits until nobody can write to the pipe any more.
fn wait_for_end(mut pipe: PipeReader) -> io::Result<()> {
    pipe.read(&mut [0]).map(drop)
}

fn reap(child: libc::pid_t) -> Result<()> {
    let mut status = 0;
    // SAFETY: `status` is a place for the result.
    if unsafe { libc::waitpid(child, &mut status, 0) } != child {
        return Err(io::Error::last_os_error()).context("waitpid");
    }
    if status != 0 {
        bail!("the child ended with status {status:#x}");
    }
    Ok(())
}

/// Physical bytes of this process, in the account that is there.
fn physical(charges: Option<&Path>) -> Result<u64> {
    match charges {
        Some(file) => cgroup::read_bytes(file).context("the charge"),
        None => Ok(Physical::of_self().context("physical memory")?.total()),
    }
}

/// The mappings of this process.
fn mappings() -> io::Result<u64> {
    let mut file = File::open("/proc/self/maps")?;
    let mut buffer = [0; 1 << 12];
    let mut lines = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(lines),
            length => {
                lines += buffer[..length]
                    .iter()
                    .filter(|&&byte| byte == b'\n')
                    .count() as u64
            }
        }
    }
}

/// A page that parent and child share, for the child's times in nanoseconds.
struct Times(MmapMut);

impl Times {
    const CHILD: usize = 0;
    const WRITTEN: usize = 1;

    fn new() -> io::Result<Self> {
        // A mapping without a file is private, so it has one, which is nowhere.
        let file = tempfile::tempfile()?;
        file.set_len(4096)?;
        // SAFETY: nobody else has the file, so nobody cuts it short.
        let map = unsafe { MmapOptions::new().len(4096).map_mut(&file) }?;
        Ok(Self(map))
    }

    fn place(&self, number: usize) -> &AtomicU64 {
        let start = self.0.as_ptr().cast::<AtomicU64>();
        assert!(number <= Self::WRITTEN);
        // SAFETY: the page has room for both numbers.
        let place = unsafe { start.add(number) };
        // SAFETY: a page is aligned for the type, any bits are a value, and it is used through this function only.
        unsafe { &*place }
    }

    fn set(&self, number: usize, nanoseconds: u128) {
        let nanoseconds = u64::try_from(nanoseconds).unwrap_or(u64::MAX);
        // Relaxed: the end of the pipe says when it is there.
        self.place(number).store(nanoseconds, Ordering::Relaxed);
    }

    fn at(&self, number: usize) -> u64 {
        self.place(number).load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_a_line() {
        let before = mappings().unwrap();
        assert!(before > 10, "{before}");
    }

    #[test]
    fn times_are_where_they_were_put() {
        let times = Times::new().unwrap();
        times.set(Times::CHILD, 5);
        times.set(Times::WRITTEN, u128::MAX);
        assert_eq!(
            (times.at(Times::CHILD), times.at(Times::WRITTEN)),
            (5, u64::MAX)
        );
    }
}
