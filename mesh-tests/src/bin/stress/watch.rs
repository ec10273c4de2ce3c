//! Physical memory in the course of the run: it must not grow, and must come back at the end.

use std::mem;

use anyhow::{Result, ensure};
use mesh_tests::physical;

/// For each byte of live blocks, the second half of the settled run may need this much more than the first: a tenth, for chance,
/// and...
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
    samples: Vec<Sample>,
    generations: Vec<Sample>,
}

/// Bytes at one time, or their means.
#[derive(Clone, Copy, Debug)]
struct Sample {
    physical: f64,
    /// In blocks that live in mailboxes. It depends on chance, above all on how many large blocks there are.
    live: f64,
}

impl Watch {
    pub(crate) fn start() -> Result<Self> {
        Ok(Self {
            start: now()?,
            samples: Vec::new(),
            generations: Vec::new(),
        })
    }

    /// Takes a sample, while blocks of `live` bytes live.
    pub(crate) fn sample(&mut self, live: usize) -> Result<()> {
        self.samples.push(Sample {
            physical: now()?,
            live: live as f64,
        });
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
        // The heap reaches its height in the first quarter.
        let settled = &self.generations[self.generations.len() / 4..];
        let (first, second) = settled.split_at(settled.len() / 2);
        let (first, second) = (mean(first), mean(second));
        println!(
            "physical MiB: {:.1} at the start, {:.1} in the first half, {:.1} in the second, {:.1} at the end",
            self.start / MIB,
            first.physical / MIB,
            second.physical / MIB,
            end / MIB
        );
        println!(
            "live MiB: {:.1} in the first half, {:.1} in the second",
            first.live / MIB,
            second.live / MIB
        );
        // More live bytes may need more; fewer leave spans sparse, and that is no growth.
        let expected = first.physical * (second.live / first.live).max(1.0);
        ensure!(
            second.physical <= expected * TOLERATED_FACTOR + TOLERATED_BYTES,
            "memory grows"
        );
        ensure!(end <= self.start + KEPT_BYTES, "memory is not given back");
        Ok(())
    }
}

fn now() -> Result<f64> {
    Ok(physical::bytes("self")? as f64)
}

fn mean(samples: &[Sample]) -> Sample {
    let of =
        |bytes: fn(&Sample) -> f64| samples.iter().map(bytes).sum::<f64>() / samples.len() as f64;
    Sample {
        physical: of(|sample| sample.physical),
        live: of(|sample| sample.live),
    }
}
