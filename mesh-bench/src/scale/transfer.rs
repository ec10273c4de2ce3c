//! How long a line takes from one processor to another: two threads that answer each other.

use super::measured::stay_on;
use anyhow::{Context, Result, bail};
use rustix::thread::sched_getaffinity;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The processors that this process may use.
pub(crate) fn processors() -> Result<Vec<usize>> {
    let set = sched_getaffinity(None).context("the processors")?;
    Ok((0..rustix::thread::CpuSet::MAX_CPU)
        .filter(|&processor| set.is_set(processor))
        .collect())
}

/// A word alone in its line, and in the one that is fetched with it.
#[repr(align(128))]
struct Ball(AtomicU64);

/// Short enough for some batches that nobody disturbs.
const ROUNDS: u64 = 2_000;
const BATCHES: u64 = 300;

/// Nanoseconds that a line takes between the first two processors: in the least disturbed of many batches.
pub(crate) fn measure() -> Result<f64> {
    let processors = processors()?;
    let [one, other, ..] = *processors else {
        bail!("there is one processor: say how long a transfer takes by --transfer-ns");
    };
    let ball = Ball(AtomicU64::new(0));
    let times: Result<Vec<f64>> = std::thread::scope(|scope| {
        let answer = scope.spawn(|| {
            stay_on(&[other])?;
            play(&ball.0, 1);
            anyhow::Ok(())
        });
        let ask = scope.spawn(|| {
            stay_on(&[one])?;
            Ok((0..BATCHES).map(|batch| batch_of(&ball.0, batch)).collect())
        });
        let times = ask.join().unwrap_or_else(|_| bail!("a thread ended early"));
        answer
            .join()
            .unwrap_or_else(|_| bail!("a thread ended early"))?;
        times
    });
    let least = times?.into_iter().min_by(f64::total_cmp);
    // A round has two transfers.
    least
        .map(|time| time / (2 * ROUNDS) as f64)
        .context("no batch")
}

/// Answers all batches: makes each even number the next odd one.
fn play(ball: &AtomicU64, first: u64) {
    for round in 0..ROUNDS * BATCHES {
        // Acquire and release pair with each other.
        while ball.load(Ordering::Acquire) != 2 * round + first {
            spin_loop();
        }
        ball.store(2 * round + first + 1, Ordering::Release);
    }
}

/// Nanoseconds of one batch.
fn batch_of(ball: &AtomicU64, batch: u64) -> f64 {
    let start = Instant::now();
    for round in batch * ROUNDS..(batch + 1) * ROUNDS {
        ball.store(2 * round + 1, Ordering::Release);
        while ball.load(Ordering::Acquire) != 2 * round + 2 {
            spin_loop();
        }
    }
    start.elapsed().as_nanos() as f64
}
