//! Redis as a cache of 100 MB, whose keys of one size give way to keys of another (section 6.2.2), in two forms; each
//! left alone afterwards, and pinged all the time by a second client. A server that is pinged is never idle for more
//! than a millisecond: the pings show how long it does not answer, and what an allocator does for a busy program.

use super::experiment::{Bench, Body, Experiment};
use super::quantity::Quantity;
use super::target::{Target, Yardstick};
use super::trial::Trial;
use crate::redis::MAXMEMORY;
use crate::redis::dataset::{self, Phase};
use crate::redis::load::Load;
use crate::redis::trial::{self, Plan};
use crate::sampler::Accounts;
use crate::site::Scale;
use anyhow::Result;
use std::time::Duration;

/// Keys come one after the other, and each that is too many evicts another at once.
pub(crate) const LRU: Experiment = Experiment {
    name: "redis-lru",
    group: "redis",
    about: "Redis, 100 MB LRU: 700,000 keys of 240 bytes, then 170,000 of 492",
    needs: &["redis-server", "redis-cli"],
    prepare: lru,
    variants: &["mesh-split"],
    targets: &[
        Target {
            quantity: Quantity::Final,
            yardstick: Yardstick::Own(Quantity::UsedMemory),
            at_most: 1.12,
        },
        Target {
            quantity: Quantity::Peak,
            yardstick: Yardstick::Own(Quantity::UsedMemory),
            at_most: 1.3,
        },
        Target {
            quantity: Quantity::Time,
            yardstick: Yardstick::Peer("jemalloc"),
            at_most: 1.03,
        },
        Target {
            quantity: Quantity::Settling,
            yardstick: Yardstick::Unit,
            at_most: 1.0,
        },
    ],
    bound: None,
};

/// The same, pinged.
pub(crate) const LRU_PINGED: Experiment = Experiment {
    name: "redis-lru-pinged",
    about: "Redis, 100 MB LRU: 700,000 keys of 240 bytes, then 170,000 of 492, and pings",
    prepare: lru_pinged,
    targets: &[LONGEST_PAUSE],
    ..LRU
};

/// All keys come first, then those that are too many are evicted at once: the form of the paper's authors.
pub(crate) const BURST: Experiment = Experiment {
    name: "redis-burst",
    group: "redis",
    about: "Redis, 100 MB LRU: the same keys all at once, then evictions",
    needs: &["redis-server"],
    prepare: burst,
    variants: &["mesh-split"],
    targets: &[
        Target {
            quantity: Quantity::Final,
            yardstick: Yardstick::Unit,
            at_most: (120 << 20) as f64,
        },
        Target {
            quantity: Quantity::Settling,
            yardstick: Yardstick::Unit,
            at_most: 3.0,
        },
    ],
    bound: None,
};

/// The same with keys of two ages, so that spans of the older ones drain.
pub(crate) const BURST_AGED: Experiment = Experiment {
    name: "redis-burst-aged",
    about: "Redis, 100 MB LRU: the same keys all at once, the larger ones younger, then evictions",
    prepare: burst_aged,
    targets: &[],
    ..BURST
};

/// The same, pinged.
pub(crate) const BURST_PINGED: Experiment = Experiment {
    name: "redis-burst-pinged",
    about: "Redis, 100 MB LRU: the same keys all at once, then evictions, and pings",
    prepare: burst_pinged,
    targets: &[LONGEST_PAUSE],
    ..BURST
};

const LONGEST_PAUSE: Target = Target {
    quantity: Quantity::Pause,
    yardstick: Yardstick::Unit,
    at_most: 0.002,
};

/// How near to its final value memory has settled.
const NEAR: f64 = 0.02;
const SEED: u64 = 1;

fn phases(scale: Scale) -> [Phase; 2] {
    let phase = |keys, size| Phase {
        keys: scale.of(keys),
        size,
    };
    [phase(700_000, 240), phase(170_000, 492)]
}

fn lru(bench: Bench<'_>) -> Result<Body<'_>> {
    let files = piped(&bench)?;
    Ok(body(bench, files, false))
}

fn lru_pinged(bench: Bench<'_>) -> Result<Body<'_>> {
    let files = piped(&bench)?;
    Ok(body(bench, files, true))
}

fn burst(bench: Bench<'_>) -> Result<Body<'_>> {
    let load = Load::Populated(phases(bench.site.scale).to_vec());
    Ok(body(bench, load, false))
}

fn burst_aged(bench: Bench<'_>) -> Result<Body<'_>> {
    let load = Load::Aged(phases(bench.site.scale).to_vec());
    Ok(body(bench, load, false))
}

fn burst_pinged(bench: Bench<'_>) -> Result<Body<'_>> {
    let load = Load::Populated(phases(bench.site.scale).to_vec());
    Ok(body(bench, load, true))
}

fn piped(bench: &Bench<'_>) -> Result<Load> {
    let phases = phases(bench.site.scale);
    let files = dataset::write_files(&phases, bench.site.directory, SEED)?;
    Ok(Load::Piped(files))
}

fn body(bench: Bench<'_>, load: Load, pinged: bool) -> Body<'_> {
    let scale = bench.site.scale;
    let plan = Plan {
        load,
        maxmemory: scale.of(MAXMEMORY),
        idle: Duration::from_secs(scale.of(10)),
        accounts: Accounts::cheapest,
        pinged,
    };
    Box::new(move |allocator| trial::run(allocator, &plan, bench.groups).map(figures))
}

fn figures(trial: trial::Trial) -> Trial {
    let mut more = vec![
        (Quantity::Time, trial.evicted_s),
        (Quantity::Cpu, trial.cpu_s),
        (Quantity::UsedMemory, trial.used_memory as f64),
        (Quantity::Keys, trial.keys as f64),
        (
            Quantity::Settling,
            trial.memory.settling_s(trial.evicted_s, NEAR),
        ),
    ];
    let left = trial.keys_of_phases.into_iter().map(|keys| keys as f64);
    more.extend([Quantity::KeysA, Quantity::KeysB].into_iter().zip(left));
    more.extend(trial.pause_s.map(|pause| (Quantity::Pause, pause)));
    Trial::new(trial.memory, Vec::new(), more)
}
