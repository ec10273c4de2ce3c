//! Physical memory in the course of the run: it must not grow, and must come back at the end.

use std::mem;

use anyhow::{Result, ensure};
use mesh_tests::physical;

/// The second half of the run may need this much more than the first: a tenth, for chance, and...
const TOLERATED_FACTOR: f64 = 1.1;
/// ... a few large blocks.
const TOLERATED_BYTES: f64 = 4.0 * MIB;
/// What may be kept after everything was freed, beyond what there was before the first block: the
/// allocator's own records, and page tables.
const KEPT_BYTES: f64 = 16.0 * MIB;

const MIB: f64 = 1024.0 * 1024.0;

/// Samples of physical memory.
#[derive(Debug)]
pub(crate) struct Watch {
    start: f64,
    samples: Vec<f64>,
    generations: Vec<f64>,
}

impl Watch {
    pub(crate) fn start() -> Result<Self> {
        Ok(Self {
            start: now()?,
            samples: Vec::new(),
            generations: Vec::new(),
        })
    }

    pub(crate) fn sample(&mut self) -> Result<()> {
        self.samples.push(now()?);
        Ok(())
    }

    pub(crate) fn end_of_generation(&mut self) {
        self.generations.push(mean(&mem::take(&mut self.samples)));
    }

    /// Prints the figures, and fails if the run grew or kept too much. To be called when every block
    /// has been freed.
    pub(crate) fn report(&self) -> Result<()> {
        // SAFETY: malloc_trim takes any number.
        unsafe { libc::malloc_trim(0) };
        let end = now()?;
        let (first, second) = self.generations.split_at(self.generations.len() / 2);
        let (first, second) = (mean(first), mean(second));
        println!(
            "physical MiB: {:.1} at the start, {:.1} in the first half, {:.1} in the second, {:.1} at the end",
            self.start / MIB,
            first / MIB,
            second / MIB,
            end / MIB
        );
        ensure!(
            second <= first * TOLERATED_FACTOR + TOLERATED_BYTES,
            "memory grows"
        );
        ensure!(end <= self.start + KEPT_BYTES, "memory is not given back");
        Ok(())
    }
}

fn now() -> Result<f64> {
    Ok(physical::bytes("self")? as f64)
}

fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len() as f64
}
