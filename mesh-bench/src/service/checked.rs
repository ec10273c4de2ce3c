//! What a server is checked with, and what came of it.

use super::figures::Figures;
use super::wait;
use crate::allocators::Allocator;
use crate::launch::Running;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What all servers have in common.
pub(crate) struct Terms {
    /// The library under test.
    pub(crate) allocator: Allocator,
    /// `mesh`.
    pub(crate) launcher: PathBuf,
    /// How long rounds of load follow each other.
    pub(crate) length: Duration,
}

/// A server whose answers and figures were right.
pub(crate) struct Checked {
    /// Rounds of load.
    pub(crate) rounds: u64,
    /// Answers that were compared.
    pub(crate) answers: u64,
    /// Those of each process that has published any.
    pub(crate) figures: Vec<Figures>,
}

/// Longer than the second after which the library publishes again.
const REST: Duration = Duration::from_secs(3);

impl Terms {
    /// Has one `round` of load after the other done, until the time is up; says how many answers they checked, and how many rounds there were.
    pub(crate) fn rounds(&self, mut round: impl FnMut(u64) -> Result<u64>) -> Result<(u64, u64)> {
        let started = Instant::now();
        let (mut rounds, mut answers) = (0, 0);
        while rounds == 0 || started.elapsed() < self.length {
            answers += round(rounds).with_context(|| format!("round {rounds}"))?;
            rounds += 1;
        }
        Ok((rounds, answers))
    }

    /// Leaves a server alone for a moment, and reads the figures of its processes.
    pub(crate) fn figures(&self, running: &Running) -> Result<Vec<Figures>> {
        wait::rest(running, REST)?;
        Figures::of_family(&self.launcher, running.pid())
    }
}
