//! One set of spans, and what each search finds there.

use super::args::Args;
use super::trial::{self, Trial};
use super::{bound, draw, long};
use anyhow::Result;
use meshing::{Budget, ComplementMesher, SplitMesher};
use rand_pcg::Pcg32;

/// Comparisons for each span, as the paper has it.
const T: usize = 64;

/// Above this many spans no long search is made.
const FEW: usize = 400;

/// Rounds of the long search for each span.
const ROUNDS: usize = 200;

/// What each search released.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) slots: usize,
    /// The mean occupancy asked for, in percent.
    pub(super) percent: u32,
    /// No search can release more.
    pub(super) bound: usize,
    /// The best of a long search, where there are few spans.
    pub(super) long: Option<usize>,
    /// One pass of SplitMesher.
    pub(super) split: Trial,
    /// As many passes as ComplementMesher's CPU time allows.
    pub(super) passes: Trial,
    pub(super) complement: Trial,
}

impl Case {
    pub(super) fn measure(args: &Args, slots: usize, percent: u32) -> Result<Self> {
        let mut rng = Pcg32::new(args.seed, u64::from(percent) << 32 | slots as u64);
        let spans = draw::spans(args.spans, slots, f64::from(percent) / 100.0, &mut rng);
        let budget = args.steps_per_span.map_or(Budget::UNBOUNDED, |steps| {
            Budget::steps(steps.saturating_mul(args.spans as u64))
        });
        let split = SplitMesher::<T>::new(rng.clone());
        let complement = trial::once(&ComplementMesher, &spans, slots, budget, args.repeat)?;
        Ok(Self {
            slots,
            percent,
            bound: bound::releasable(&spans, slots),
            long: (spans.len() <= FEW)
                .then(|| long::released(&spans, spans.len() * ROUNDS, &mut rng)),
            split: trial::once(&split, &spans, slots, Budget::UNBOUNDED, args.repeat)?,
            passes: trial::repeated(&mut split.clone(), &spans, slots, complement.time)?,
            complement,
        })
    }

    /// A number of pages as a share of the bound; none where nothing can be released.
    pub(super) fn share(&self, released: usize) -> Option<f64> {
        (self.bound > 0).then(|| released as f64 / self.bound as f64)
    }
}
