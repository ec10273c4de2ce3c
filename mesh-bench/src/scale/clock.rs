//! The processor's counter of time.

use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// Ticks since the machine was started.
pub(crate) fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has the counter.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// How long a tick is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    picoseconds: f64,
}

impl Tick {
    /// Measures it, for a twentieth of a second.
    pub(crate) fn measure() -> Result<Self> {
        let (start, first) = (Instant::now(), ticks());
        std::thread::sleep(Duration::from_millis(50));
        let (time, ticks) = (start.elapsed(), ticks().wrapping_sub(first));
        if ticks == 0 {
            bail!("the processor's clock stands still");
        }
        Ok(Self {
            picoseconds: time.as_nanos() as f64 * 1e3 / ticks as f64,
        })
    }

    /// So many ticks.
    pub(crate) fn picoseconds(self, ticks: u64) -> u64 {
        (ticks as f64 * self.picoseconds) as u64
    }
}
