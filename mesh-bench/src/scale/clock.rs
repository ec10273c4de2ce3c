//! The processor's counter of time.

#[cfg_attr(target_arch = "aarch64", path = "clock/aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "clock/x86_64.rs")]
mod counter;

use anyhow::{Result, bail};
use std::time::{Duration, Instant};

pub(crate) use counter::ticks;

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
