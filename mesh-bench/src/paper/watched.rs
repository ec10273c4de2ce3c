//! A program that is watched from its start until it says that it is done.
//!
//! It says what is live and when its work is done (see [`Mark`]), and then holds all it has until its standard input
//! ends, so that the last sample shows memory before the teardown.

use super::marks::Mark;
use super::quantity::Quantity;
use super::trial::Trial;
use crate::allocators::Allocator;
use crate::cgroup::MemoryGroup;
use crate::course::Course;
use crate::interrupt;
use crate::launch::Running;
use crate::sampler::{Accounts, Sampler};
use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, PipeReader, Read};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const SAMPLE_PERIOD: Duration = Duration::from_millis(10);
const LIMIT: Duration = Duration::from_secs(600);
const END_LIMIT: Duration = Duration::from_secs(20);

/// Runs `command` under `allocator`, in a control group of its own if `groups` is a directory to make one in.
pub(crate) fn watch(
    mut command: Command,
    allocator: &Allocator,
    groups: Option<&Path>,
) -> Result<Trial> {
    let group = groups.map(MemoryGroup::inside).transpose()?;
    let (input, hold) = io::pipe().context("a pipe")?;
    let (mut lines, output) = io::pipe().context("a pipe")?;
    allocator.preload(&mut command);
    command.stdin(input).stdout(output);
    let running = Running::start(command, group.as_ref())?;
    let charges = group.as_ref().map(MemoryGroup::charges);
    let sampler = Sampler::start(running.pid(), Accounts::cheapest(charges), SAMPLE_PERIOD);
    let marks = read_marks(&mut lines, &sampler)?;
    let samples = sampler.stop();
    drop(hold);
    let usage = running.wait(END_LIMIT)?.success()?;
    let Some(&(end_s, Mark::End)) = marks.last() else {
        bail!("the program ended before its work was done");
    };
    let cpu_s = (usage.user + usage.system).as_secs_f64();
    trial(&marks, end_s, cpu_s, Course::of(samples)?)
}

/// All marks with their times, up to `End` or the end of the pipe.
fn read_marks(lines: &mut PipeReader, sampler: &Sampler) -> Result<Vec<(f64, Mark)>> {
    let started = Instant::now();
    let mut marks = Vec::new();
    let mut text = Vec::new();
    loop {
        interrupt::check()?;
        if started.elapsed() > LIMIT {
            bail!("no end after {} s", LIMIT.as_secs());
        }
        if !is_readable(lines)? {
            continue;
        }
        let mut buffer = [0; 4096];
        let length = lines.read(&mut buffer)?;
        if length == 0 {
            return Ok(marks);
        }
        let now_s = sampler.now_s();
        text.extend_from_slice(&buffer[..length]);
        while let Some(end) = text.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = text.drain(..=end).collect();
            let mark: Mark = String::from_utf8_lossy(&line).trim_end().parse()?;
            marks.push((now_s, mark));
            if mark == Mark::End {
                return Ok(marks);
            }
        }
    }
}

/// Whether there is something to read, or the end, within a tenth of a second.
fn is_readable(pipe: &PipeReader) -> Result<bool> {
    let patience = Timespec {
        tv_sec: 0,
        tv_nsec: 100_000_000,
    };
    match poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&patience)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error).context("poll"),
    }
}

fn trial(marks: &[(f64, Mark)], end_s: f64, cpu_s: f64, whole: Course) -> Result<Trial> {
    let baseline = marks.iter().find(|(_, mark)| *mark == Mark::Baseline);
    let (begin_s, memory) = match baseline {
        Some(&(at_s, _)) => (at_s, whole.above_baseline_at(at_s)?),
        None => (0.0, whole),
    };
    let live: Vec<(f64, f64)> = marks
        .iter()
        .filter_map(|&(at_s, mark)| match mark {
            Mark::Live(bytes) => Some((at_s - begin_s, bytes as f64)),
            Mark::Baseline | Mark::End => None,
        })
        .collect();
    let most = live.iter().map(|point| point.1).max_by(f64::total_cmp);
    let figures = [(Quantity::Time, end_s - begin_s), (Quantity::Cpu, cpu_s)];
    let most = most.map(|bytes| (Quantity::Live, bytes));
    Ok(Trial::new(memory, live, figures.into_iter().chain(most)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Trial> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        watch(command, &Allocator::named("glibc").unwrap(), None)
    }

    #[test]
    fn a_program_is_watched_until_it_is_done() {
        let trial =
            shell("sleep 0.1; echo live 5; echo live 3; sleep 0.1; echo end; read line; true")
                .unwrap();
        assert_eq!(trial.figures[&Quantity::Live], 5.0);
        assert!(trial.figures[&Quantity::Time] >= 0.2);
        assert_eq!(trial.live.len(), 2);
        assert!(trial.memory.final_bytes > 0);
    }

    #[test]
    fn what_was_there_at_the_baseline_does_not_count() {
        let trial =
            shell("sleep 0.2; echo baseline; sleep 0.2; echo end; read line; true").unwrap();
        let samples = &trial.memory.samples;
        assert_eq!((samples[0].at_s, samples[0].bytes()), (0.0, 0));
        // Both are counted from the baseline, and the last sample is later than the end.
        assert!(samples[samples.len() - 1].at_s >= trial.figures[&Quantity::Time]);
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let failed = shell("echo live 1; echo reason >&2; exit 3").unwrap_err();
        assert!(failed.to_string().ends_with(": reason"), "{failed}");
        let early = shell("echo live 1; sleep 0.1").unwrap_err().to_string();
        assert_eq!(early, "the program ended before its work was done");
        let odd = shell("echo hello; sleep 1").unwrap_err().to_string();
        assert_eq!(odd, "the program says `hello`");
    }
}
