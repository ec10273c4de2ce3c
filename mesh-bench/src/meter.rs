//! One run of a command, measured.

use crate::cgroup::{self, MemoryGroup};
use crate::launch::{Running, Usage};
use crate::physical::Physical;
use anyhow::Result;
use serde::Serialize;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// How peak memory is found.
#[derive(Clone, Debug)]
pub(crate) enum Meter {
    /// The peak of a fresh control group inside this one: exact, covers whole trees of processes, counts new file pages.
    Cgroup(PathBuf),
    /// `Pss` plus page tables of the tree of processes, sampled: a short peak may be missed.
    Sampled,
}

/// The choice on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Choice {
    /// A control group where we may create one, else samples.
    Auto,
    /// A control group, or an error.
    Cgroup,
    /// Samples of `Pss` plus page tables.
    Sampled,
}

/// What one run took.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Measurement {
    /// CPU time in user mode, seconds.
    pub(crate) user_s: f64,
    /// CPU time in the kernel, seconds.
    pub(crate) system_s: f64,
    /// From start to end, seconds.
    pub(crate) wall_s: f64,
    /// Highest physical memory in bytes.
    pub(crate) peak_bytes: u64,
    /// Page faults of both kinds.
    pub(crate) faults: u64,
}

/// How often memory is sampled, where samples are cheap.
pub(crate) const SAMPLE_PERIOD: Duration = Duration::from_millis(5);

impl Meter {
    /// The meter for a choice.
    pub(crate) fn choose(choice: Choice) -> Result<Self> {
        match (choice, cgroup::parent()) {
            (Choice::Sampled, _) | (Choice::Auto, None) => Ok(Self::Sampled),
            (_, Some(parent)) => Ok(Self::Cgroup(parent)),
            (Choice::Cgroup, None) => {
                anyhow::bail!("no control group of version 1 with a memory controller to write to")
            }
        }
    }

    /// How peak memory is found, for reports.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Cgroup(_) => "cgroup",
            Self::Sampled => "sampled",
        }
    }

    /// A group for one run, where groups are used.
    pub(crate) fn group(&self) -> Result<Option<MemoryGroup>> {
        match self {
            Self::Cgroup(parent) => MemoryGroup::inside(parent).map(Some),
            Self::Sampled => Ok(None),
        }
    }

    /// Runs `command` to its end, which must be a success within `limit`.
    pub(crate) fn measure(&self, command: Command, limit: Duration) -> Result<Measurement> {
        let group = self.group()?;
        let running = Running::start(command, group.as_ref())?;
        let (usage, peak) = match group {
            Some(group) => (running.wait(limit)?, group.peak()?),
            None => {
                let mut peak = 0;
                let usage = running.wait_and(limit, SAMPLE_PERIOD, &mut |pid| {
                    peak = peak.max(Physical::of_tree(pid).total());
                })?;
                (usage, peak)
            }
        };
        Ok(Measurement::of(&usage.success()?, peak))
    }
}

impl Measurement {
    /// What a process used, with its peak.
    pub(crate) fn of(usage: &Usage, peak_bytes: u64) -> Self {
        Self {
            user_s: usage.user.as_secs_f64(),
            system_s: usage.system.as_secs_f64(),
            wall_s: usage.wall.as_secs_f64(),
            peak_bytes,
            faults: usage.minor_faults + usage.major_faults,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_see_memory_of_the_tree() {
        let mut command = Command::new("/bin/sh");
        // The inner shell holds 8 MiB in a variable for a while; the outer one waits for it.
        command.args([
            "-c",
            "/bin/sh -c 'x=$(head -c 8000000 /dev/zero | tr \"\\0\" a); sleep 0.4'; true",
        ]);
        let seen = Meter::Sampled
            .measure(command, Duration::from_secs(20))
            .unwrap();
        assert!(seen.peak_bytes > 8_000_000, "{seen:?}");
        assert!(seen.faults > 0);
    }

    #[test]
    fn a_failing_command_is_no_measurement() {
        let error = Meter::Sampled.measure(Command::new("/bin/false"), Duration::from_secs(20));
        assert!(error.is_err());
    }
}
