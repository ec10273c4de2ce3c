//! The soak: servers and tools for a long time, meshing as often as they can, behind both barriers, with the release and
//! the debug library in turn. Nothing crashes, hangs, writes anything else than without the library, or grows.
//!
//! About three minutes; with `MESH_TEST_LONG=1` half an hour, for a machine that does nothing else.

mod growth;
mod guests;
mod hunt;
mod servers;
mod tools;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use mesh_tests::long_runs;

/// Keeps the tests of this program one after the other: they measure, and each wants all processors.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one workload may take with one of the settings: `short`, or a sixteenth of half an hour.
fn share(short: Duration) -> Duration {
    if long_runs() {
        Duration::from_secs(30 * 60 / 16)
    } else {
        short
    }
}

/// Does `work` again and again, until `time` has passed and it is done at least `rounds` times.
fn repeat(time: Duration, rounds: usize, mut work: impl FnMut() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    for done in 0.. {
        if done >= rounds && start.elapsed() >= time {
            break;
        }
        work()?;
    }
    Ok(())
}
