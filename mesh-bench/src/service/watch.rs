//! A server that is watched from its start.

use super::phase::{Done, Phase, Trial};
use crate::cgroup::{Charge, MemoryGroup};
use crate::course::{self, Course, Sample};
use crate::launch::Usage;
use crate::processor;
use crate::sampler::{Accounts, Sampler};
use anyhow::{Context, Result};
use std::time::Duration;

const SAMPLE_PERIOD: Duration = Duration::from_millis(50);

/// Samples memory, and looks at the clocks between phases.
pub(crate) struct Watch<'a> {
    pid: u32,
    group: Option<&'a MemoryGroup>,
    accounts: Accounts,
    sampler: Sampler,
    phases: Vec<Phase>,
    used: Duration,
}

impl<'a> Watch<'a> {
    /// Begins, right after the start of process `pid`.
    pub(crate) fn start(pid: u32, group: Option<&'a MemoryGroup>) -> Self {
        let accounts = Accounts::of_service(group);
        Self {
            pid,
            group,
            sampler: Sampler::start(pid, accounts.clone(), SAMPLE_PERIOD),
            accounts,
            phases: Vec::new(),
            used: Duration::ZERO,
        }
    }

    /// Does `work` as the next phase.
    pub(crate) fn phase(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<Done>,
    ) -> Result<()> {
        let from_s = self.sampler.now_s();
        let done = work().with_context(|| format!("phase `{name}`"))?;
        let to_s = self.sampler.now_s();
        let used = processor::of_tree(self.pid);
        let kernel =
            |group: &MemoryGroup| Charge::of(group.directory()).map(|charge| charge.kernel);
        let end_bytes = self.accounts.sample(self.pid, to_s)?.bytes();
        self.phases.push(Phase {
            name,
            from_s,
            to_s,
            cpu_s: used.saturating_sub(self.used).as_secs_f64(),
            end_bytes,
            kernel_bytes: self.group.map(kernel).transpose()?,
            mean_bytes: end_bytes as f64,
            peak_bytes: end_bytes,
            rate: done.rate,
            answers: done.answers,
        });
        self.used = used;
        Ok(())
    }

    /// Ends the samples, then the server by `stop`.
    pub(crate) fn finish(self, stop: impl FnOnce() -> Result<Usage>) -> Result<Trial> {
        let samples = self.sampler.stop();
        let usage = stop()?;
        let mut phases = self.phases;
        phases
            .iter_mut()
            .for_each(|phase| look_back(phase, &samples));
        Ok(Trial {
            phases,
            cpu_s: (usage.user + usage.system).as_secs_f64(),
            memory: Course::of(samples)?,
        })
    }
}

/// Mean and peak of a phase, as far as there are samples of it.
fn look_back(phase: &mut Phase, samples: &[Sample]) {
    let from = samples.partition_point(|sample| sample.at_s < phase.from_s);
    let to = samples.partition_point(|sample| sample.at_s <= phase.to_s);
    let own = &samples[from..to];
    if let Some(mean) = course::mean_over_time(own) {
        phase.mean_bytes = mean;
    }
    phase.peak_bytes = phase.peak_bytes.max(course::peak(own));
}

#[cfg(test)]
mod tests {
    use super::super::phase::tests::trial;
    use super::*;
    use crate::launch::Running;
    use std::process::Command;

    #[test]
    fn mean_and_peak_are_those_of_the_time_of_the_phase() {
        let sample = |at_s, charged| Sample {
            at_s,
            mapped: None,
            charged: Some(charged),
        };
        let mut phase = trial(5, 1.0).phases.remove(1);
        let samples = [(0.5, 100), (1.0, 10), (1.5, 20), (2.0, 7), (2.5, 90)];
        look_back(
            &mut phase,
            &samples.map(|(at_s, bytes)| sample(at_s, bytes)),
        );
        assert_eq!(phase.mean_bytes, 15.0);
        assert_eq!(phase.peak_bytes, 20);
        look_back(&mut phase, &[]);
        assert_eq!(phase.mean_bytes, 15.0);
    }

    #[test]
    fn phases_share_the_time_of_the_process() {
        let mut command = Command::new("/bin/sh");
        command.args([
            "-c",
            "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; sleep 20",
        ]);
        let running = Running::start(command, None).unwrap();
        let mut watch = Watch::start(running.pid(), None);
        let pause = || {
            std::thread::sleep(Duration::from_millis(300));
            Ok(Done::default())
        };
        watch.phase("busy", pause).unwrap();
        watch.phase("more", pause).unwrap();
        let stop = || {
            running.ask_to_end()?;
            running.wait(Duration::from_secs(20))
        };
        let trial = watch.finish(stop).unwrap();
        let names: Vec<_> = trial.phases.iter().map(|phase| phase.name).collect();
        assert_eq!(names, ["busy", "more"]);
        assert!(trial.phases[1].from_s >= trial.phases[0].to_s);
        assert!(trial.phases.iter().all(|phase| phase.end_bytes > 0));
        assert!(trial.memory.samples.len() > 4);
    }
}
