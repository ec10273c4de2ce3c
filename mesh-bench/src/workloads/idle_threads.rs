//! A thousand threads that worked and then wait for a request that does not come.
//!
//! Each replaces blocks of a set, frees all but a few, and blocks in `read`; so does a server after a peak. Peak and mean
//! show what threads keep for themselves while they sleep.

use super::sizes;
use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use anyhow::Result;
use fastrand::Rng;
use std::io::{PipeReader, Read};
use std::thread::Builder;
use std::time::Duration;

/// Threads are not fewer in a quick run: their number is what it is about.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "idle-threads",
    about: "1,000 threads that worked, freed most of their blocks and sleep in read",
    needs: &[],
    body: Body::Own(|scale: Scale| {
        let idle = Duration::from_millis(scale.of(IDLE_MS));
        if let Err(error) = sleepers(THREADS, scale.of(STEPS), idle) {
            eprintln!("mesh-bench: {error:#}");
            std::process::exit(1);
        }
    }),
};

const THREADS: u64 = 1_000;
const STEPS: u64 = 20_000;
const IDLE_MS: u64 = 500;
const SET: usize = 200;
const KEPT: usize = 10;
const STACK: usize = 64 << 10;

fn sleepers(threads: u64, steps: u64, idle: Duration) -> Result<()> {
    let (reader, writer) = std::io::pipe()?;
    std::thread::scope(|scope| -> Result<()> {
        // Dropped on every way out of the scope: then all threads wake up.
        let writer = writer;
        for seed in 1..=threads {
            let request = &reader;
            Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, move || work_and_sleep(steps, seed, request))?;
        }
        std::thread::sleep(idle);
        drop(writer);
        Ok(())
    })
}

fn work_and_sleep(steps: u64, seed: u64, mut request: &PipeReader) {
    let mut rng = Rng::with_seed(seed);
    let new = |rng: &mut Rng| Block::new(sizes::inverse(rng, 16, 8), seed);
    let mut blocks: Vec<_> = (0..SET).map(|_| new(&mut rng)).collect();
    for _ in 0..steps {
        blocks[rng.usize(..SET)] = new(&mut rng);
    }
    blocks.truncate(KEPT);
    // The end of the pipe is no error, and any other answer wakes the thread as well.
    let _ = request.read(&mut [0]);
    blocks.iter().for_each(|block| block.expect(seed));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn threads_sleep_until_they_are_woken() {
        let idle = Duration::from_millis(50);
        let started = Instant::now();
        sleepers(20, 100, idle).unwrap();
        assert!(started.elapsed() >= idle);
    }
}
