//! What it costs to start a program that does nothing, and what such a program holds while it waits for input.

use super::workload::{Body, Workload};
use crate::allocators::Allocator;
use crate::history::History;
use crate::launch::{Running, Usage};
use crate::meter::{Measurement, Run};
use crate::physical::Physical;
use crate::site::Site;
use anyhow::{Context, Result};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A program that does next to nothing.
struct Small {
    /// The program that is started, and its arguments.
    once: &'static [&'static str],
    /// The program that waits for the end of its input.
    waits: &'static [&'static str],
}

const TRUE: Small = Small {
    once: &["true"],
    waits: &["cat"],
};
const BASH: Small = Small {
    once: &["bash", "-c", ":"],
    waits: &["bash", "-c", "read || :"],
};
const PYTHON: Small = Small {
    once: &["python3", "-I", "-B", "-c", "pass"],
    waits: &["python3", "-I", "-B", "-c", "import sys; sys.stdin.read()"],
};
const GIT: Small = Small {
    once: &["git", "--version"],
    waits: &["git", "stripspace"],
};

/// One for each program.
pub(crate) const ALL: [Workload; 4] = [
    Workload {
        name: "start-true",
        about: "200 starts of true; memory: cat that waits",
        needs: &["true", "cat"],
        body: Body::Driven(|site, allocator, _| start(&TRUE, site, allocator)),
    },
    Workload {
        name: "start-bash",
        about: "200 starts of bash; memory: one that waits",
        needs: &["bash"],
        body: Body::Driven(|site, allocator, _| start(&BASH, site, allocator)),
    },
    Workload {
        name: "start-python",
        about: "200 starts of python3; memory: one that waits",
        needs: &["python3"],
        body: Body::Driven(|site, allocator, _| start(&PYTHON, site, allocator)),
    },
    Workload {
        name: "start-git",
        about: "200 starts of git; memory: one that waits",
        needs: &["git"],
        body: Body::Driven(|site, allocator, _| start(&GIT, site, allocator)),
    },
];

const STARTS: u64 = 200;
const LIMIT: Duration = Duration::from_secs(60);

/// Looks at a program that waits until two in a row see the same.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
const LOOKS: usize = 200;

fn start(program: &Small, site: &Site, allocator: &Allocator) -> Result<Run> {
    let begin = Instant::now();
    let mut sum = Measurement {
        user_s: 0.0,
        system_s: 0.0,
        wall_s: 0.0,
        peak_bytes: 0,
        mean_bytes: None,
        faults: 0,
        instructions: None,
    };
    for _ in 0..site.scale.of(STARTS) {
        let command = command(program.once, site, allocator)?;
        add(
            &mut sum,
            &Running::start(command, None)?.wait(LIMIT)?.success()?,
        );
    }
    let at_rest = held_at_rest(command(program.waits, site, allocator)?)?;
    sum.peak_bytes = at_rest;
    sum.mean_bytes = Some(at_rest as f64);
    let mut history = History::default();
    history.push(begin.elapsed().as_secs_f64(), at_rest);
    Ok(Run {
        measurement: sum,
        history,
    })
}

fn command(words: &[&str], site: &Site, allocator: &Allocator) -> Result<Command> {
    let (program, arguments) = words.split_first().context("a program")?;
    let mut command = site.command(program)?;
    command.args(arguments);
    allocator.preload(&mut command);
    Ok(command)
}

fn add(sum: &mut Measurement, usage: &Usage) {
    sum.user_s += usage.user.as_secs_f64();
    sum.system_s += usage.system.as_secs_f64();
    sum.wall_s += usage.wall.as_secs_f64();
    sum.faults += usage.minor_faults + usage.major_faults;
}

/// `Pss` plus page tables of the program when it has come to rest, in bytes.
fn held_at_rest(mut command: Command) -> Result<u64> {
    let (input, end) = std::io::pipe()?;
    command.stdin(Stdio::from(input));
    let running = Running::start(command, None)?;
    let mut held = 0;
    for _ in 0..LOOKS {
        std::thread::sleep(BETWEEN_LOOKS);
        let now = Physical::of_process(running.pid())?.total();
        if now == held {
            break;
        }
        held = now;
    }
    drop(end);
    running.wait(LIMIT)?.success()?;
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Scale;

    #[test]
    fn starts_are_added_up_and_what_waits_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let site = Site {
            directory: directory.path(),
            scale: Scale::Quick,
        };
        let glibc = Allocator::named("glibc").unwrap();
        let run = start(&TRUE, &site, &glibc).unwrap();
        // Twenty starts: each faults some dozen pages in.
        assert!(run.measurement.faults > 20 * 20, "{run:?}");
        assert!(
            (100_000..10_000_000).contains(&run.measurement.peak_bytes),
            "{run:?}"
        );
        assert_eq!(run.history.peak(), run.measurement.peak_bytes);
    }
}
