//! Stress test of an allocator: threads fill, verify, hand over and free blocks for a while.
//!
//! `stress [--fragment] [--seconds N] [--threads N] [--seed N]`
//!
//! Without `--fragment`, blocks of 1 byte to 1 MiB, most of them small, wander between all threads.
//! With it, waves of small blocks leave a sparse few behind, which other threads rewrite for a long
//! time: the kind of heap that meshes most.
//!
//! Prints its seed, how many blocks it verified, and its physical memory. Ends with exit code 1 and
//! one line on standard error if a block is not what was written to it, if there is no memory, or
//! if the second half of the settled run needs more memory for a live byte than the first.

mod fragment;
mod mixed;
mod options;
mod phase;
mod shared;
mod watch;

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::options::{Mode, Options};
use crate::phase::Phase;
use crate::shared::Shared;
use crate::watch::Watch;

/// Every thread ends and is replaced after about this time.
const GENERATION: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    match Options::from_environment().and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stress: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    println!("seed {}", options.seed);
    let shared = Shared::new();
    let mut watch = Watch::start()?;
    generation(options, &shared, &Phase::WarmUp, 0, || Ok(()))?;
    // An even number, so that both halves of the run have the same waves.
    let generations = (options.duration.div_duration_f64(GENERATION) as u32 / 2 * 2).max(2);
    let length = options.duration / generations;
    for number in 1..=generations {
        let phase = Phase::generation(length);
        generation(options, &shared, &phase, number, || {
            watch.sample(shared.live_bytes())
        })?;
        watch.end_of_generation();
    }
    println!("verified {} blocks", shared.verified());
    shared.free_all();
    watch.report()
}

/// Runs one set of threads from start to end.
fn generation(
    options: &Options,
    shared: &Shared,
    phase: &Phase,
    number: u32,
    mut meanwhile: impl FnMut() -> Result<()>,
) -> Result<()> {
    thread::scope(|scope| {
        for thread in 0..options.threads {
            let seed = options.seed ^ (u64::from(number) << 32 | u64::from(thread));
            scope.spawn(move || match options.mode {
                Mode::Mixed => mixed::work(shared, phase, thread, seed),
                Mode::Fragment => fragment::work(shared, phase, thread, seed),
            });
        }
        while !phase.is_over(shared) {
            meanwhile()?;
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    })
}
