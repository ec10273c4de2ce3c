//! Whether a server that does the same all the time needs more and more memory for it.

use anyhow::{Result, ensure};
use mesh_tests::physical;

/// What the memory may grow by, beside a quarter: buffers of clients that are there or not.
const SLACK: u64 = 4 << 20;

/// How many samples tell anything: one in each third.
pub(crate) const SAMPLES: usize = 3;

/// Samples of physical memory in bytes, in the order of time.
pub(crate) struct Growth(Vec<u64>);

impl Growth {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Takes a sample of a process.
    pub(crate) fn sample(&mut self, process: u32) -> Result<()> {
        self.0.push(physical::bytes(&process.to_string())?);
        Ok(())
    }

    /// The medians of the first and of the last third.
    pub(crate) fn ends(&self) -> Result<(u64, u64)> {
        let third = self.0.len() / 3;
        ensure!(self.0.len() >= SAMPLES, "only {} samples", self.0.len());
        let median = |samples: &[u64]| {
            let mut samples = samples.to_vec();
            samples.sort_unstable();
            samples[samples.len() / 2]
        };
        Ok((
            median(&self.0[..third]),
            median(&self.0[self.0.len() - third..]),
        ))
    }

    /// Fails if the last third is above the first.
    pub(crate) fn check(&self) -> Result<()> {
        let (first, last) = self.ends()?;
        ensure!(
            last <= first + first / 4 + SLACK,
            "from {first} to {last} bytes: {:?}",
            self.0
        );
        Ok(())
    }
}

#[test]
fn growth_is_seen() {
    const MIB: u64 = 1 << 20;
    let even = Growth((0..30).map(|n| (100 + n % 3) * MIB).collect());
    assert!(even.check().is_ok());
    let rising = Growth((0..30).map(|n| (100 + 3 * n) * MIB).collect());
    assert!(rising.check().is_err());
    assert!(Growth(vec![MIB, MIB]).check().is_err());
}
