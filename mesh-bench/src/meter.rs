//! One run of a command, measured.

use crate::cgroup::{self, MemoryGroup};
use crate::history::History;
use crate::instructions::Instructions;
use crate::launch::{Running, Usage};
use crate::physical::Physical;
use anyhow::Result;
use serde::Serialize;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

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
    /// Mean physical memory over time in bytes; `None` of a run too short for two samples.
    pub(crate) mean_bytes: Option<f64>,
    /// Page faults of both kinds.
    pub(crate) faults: u64,
    /// Instructions in user mode, where they can be counted.
    pub(crate) instructions: Option<u64>,
}

/// One run.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// What it took.
    pub(crate) measurement: Measurement,
    /// Its physical memory while it ran.
    pub(crate) history: History,
}

/// Physical memory of one run while it goes on.
pub(crate) struct Watch {
    /// With the file that has its charge.
    group: Option<(MemoryGroup, PathBuf)>,
    started: Instant,
    history: History,
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

    /// A watch for one run, with a fresh group where groups are used.
    pub(crate) fn watch(&self) -> Result<Watch> {
        let group = match self {
            Self::Cgroup(parent) => Some(MemoryGroup::inside(parent)?),
            Self::Sampled => None,
        };
        Ok(Watch {
            group: group.map(|group| {
                let charges = group.charges();
                (group, charges)
            }),
            started: Instant::now(),
            history: History::default(),
        })
    }

    /// Runs `command` to its end, which must be a success within `limit`.
    pub(crate) fn measure(&self, command: Command, limit: Duration) -> Result<Run> {
        let (usage, run) = self.observe(command, limit, &mut |_| ())?;
        usage.success()?;
        Ok(run)
    }

    /// Runs `command` to its end, which must come within `limit`; calls `meanwhile` with its process id as often as it
    /// takes a sample.
    pub(crate) fn observe(
        &self,
        command: Command,
        limit: Duration,
        meanwhile: &mut dyn FnMut(u32),
    ) -> Result<(Usage, Run)> {
        let mut watch = self.watch()?;
        let mut instructions = Instructions::of_next_program();
        let running = Running::start(command, watch.group())?;
        let usage = running.wait_and(limit, SAMPLE_PERIOD, &mut |pid| {
            watch.look(pid);
            meanwhile(pid);
        })?;
        let mut run = watch.finish(&usage)?;
        run.measurement.instructions = instructions.as_mut().and_then(Instructions::read);
        Ok((usage, run))
    }
}

impl Watch {
    /// The group in which the process must start.
    pub(crate) fn group(&self) -> Option<&MemoryGroup> {
        self.group.as_ref().map(|(group, _)| group)
    }

    /// Takes a sample: of the group, or of process `pid` and its descendants.
    pub(crate) fn look(&mut self, pid: u32) {
        let bytes = match &self.group {
            Some((_, charges)) => cgroup::read_bytes(charges).ok(),
            None => Some(Physical::of_tree(pid).total()),
        };
        let at_s = self.started.elapsed().as_secs_f64();
        // A process that is about to end has nothing.
        if let Some(bytes) = bytes.filter(|&bytes| bytes > 0) {
            self.history.push(at_s, bytes);
        }
    }

    /// The run of a process that used `usage`. Its instructions are not counted here.
    pub(crate) fn finish(self, usage: &Usage) -> Result<Run> {
        let peak_bytes = match &self.group {
            Some((group, _)) => group.peak()?,
            None => self.history.peak(),
        };
        let measurement = Measurement {
            user_s: usage.user.as_secs_f64(),
            system_s: usage.system.as_secs_f64(),
            wall_s: usage.wall.as_secs_f64(),
            peak_bytes,
            mean_bytes: self.history.mean(),
            faults: usage.minor_faults + usage.major_faults,
            instructions: None,
        };
        Ok(Run {
            measurement,
            history: self.history,
        })
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
        let run = Meter::Sampled
            .measure(command, Duration::from_secs(20))
            .unwrap();
        let seen = run.measurement;
        assert!(seen.peak_bytes > 8_000_000, "{seen:?}");
        assert!(seen.faults > 0);
        let mean = seen.mean_bytes.unwrap();
        assert!((4e6..seen.peak_bytes as f64).contains(&mean), "{mean}");
        assert_eq!(run.history.peak(), seen.peak_bytes);
    }

    #[test]
    fn a_failing_command_is_no_measurement() {
        let error = Meter::Sampled.measure(Command::new("/bin/false"), Duration::from_secs(20));
        assert!(error.is_err());
    }
}
