//! The measured process: one workload, on the processors that it may use.

use super::pages::{self, Seen};
use super::{clock, work};
use crate::child;
use crate::malloc;
use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_setaffinity};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// What a process shall do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The workload.
    pub(crate) work: String,
    /// About how many objects.
    pub(crate) objects: u64,
    /// The processors that it may use; any, if there are none.
    pub(crate) processors: Vec<usize>,
    /// Whether to note who wrote to which page first.
    pub(crate) noted: bool,
    /// Whether to ask once for an object of each size class beforehand, which tells the locks apart.
    pub(crate) probes: bool,
}

/// What it did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Objects.
    pub(crate) objects: u64,
    /// How long that took.
    pub(crate) seconds: f64,
    /// If that was asked for.
    pub(crate) seen: Option<Seen>,
    /// If they were asked for.
    pub(crate) probes: Vec<Probe>,
}

/// One request, for an object of so many bytes, between two ticks of the processor's clock.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Probe {
    pub(crate) size: usize,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// Does what `plan`, a [`Plan`] in JSON, says and prints the [`Outcome`] in JSON.
pub(crate) fn run_plan(plan: &str) -> Result<()> {
    child::answer(plan, carry_out)
}

fn carry_out(plan: &Plan) -> Result<Outcome> {
    if !plan.processors.is_empty() {
        stay_on(&plan.processors)?;
    }
    let work = work::named(&plan.work)?;
    let probes = if plan.probes { probes() } else { Vec::new() };
    let start = Instant::now();
    let objects = work.run(plan.objects, plan.noted);
    Ok(Outcome {
        objects,
        seconds: start.elapsed().as_secs_f64(),
        seen: plan.noted.then(pages::seen),
        probes,
    })
}

/// Keeps this thread, and those that it will start, on these processors.
pub(crate) fn stay_on(processors: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    for &processor in processors {
        set.set(processor);
    }
    sched_setaffinity(None, &set).with_context(|| format!("processors {processors:?}"))
}

/// One request for each size class: steps of 16 bytes up to 128, then four of a doubling up to 256 KiB.
fn probes() -> Vec<Probe> {
    let small = (1..8).map(|steps| steps * 16);
    let large = (7..18_u32).flat_map(|log2| (4..8).map(move |quarters| quarters << (log2 - 2)));
    let sizes: Vec<usize> = small.chain(large).chain([256 << 10]).collect();
    let mut probes = Vec::with_capacity(sizes.len());
    for size in sizes {
        let from = clock::ticks();
        let address = malloc::allocate(size);
        let to = clock::ticks();
        // SAFETY: allocated above.
        unsafe { malloc::release(address) };
        probes.push(Probe { size, from, to });
    }
    probes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_of_rising_sizes_and_times() {
        let probes = probes();
        assert_eq!(probes.len(), 7 + 11 * 4 + 1);
        assert_eq!((probes[0].size, probes[7].size), (16, 128));
        assert!(probes.is_sorted_by(|one, next| one.size < next.size && one.to <= next.from));
    }

    #[test]
    fn a_process_says_what_it_did() {
        let plan = Plan {
            work: "large-2".into(),
            objects: 100,
            processors: Vec::new(),
            noted: false,
            probes: false,
        };
        let outcome = carry_out(&plan).unwrap();
        assert_eq!(outcome.objects, 100);
        assert!(outcome.seen.is_none() && outcome.probes.is_empty());
    }
}
