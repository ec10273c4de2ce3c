//! The course of a run: a warm-up, then generations of threads.

use std::time::{Duration, Instant};

use crate::shared::Shared;

/// How long a generation of threads works.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Until the heap looks as it will for the rest of the run.
    WarmUp,
    /// For a while.
    Generation { start: Instant, length: Duration },
}

impl Phase {
    pub(crate) fn generation(length: Duration) -> Self {
        Self::Generation {
            start: Instant::now(),
            length,
        }
    }

    pub(crate) fn is_over(&self, shared: &Shared) -> bool {
        match self {
            Self::WarmUp => shared.is_mixed(),
            Self::Generation { start, length } => start.elapsed() >= *length,
        }
    }

    /// From 0 to 1 and back to 0 in the course of a generation.
    pub(crate) fn wave(&self) -> f64 {
        match self {
            Self::WarmUp => 0.5,
            Self::Generation { start, length } => {
                let done = start.elapsed().div_duration_f64(*length).min(1.0);
                1.0 - (2.0 * done - 1.0).abs()
            }
        }
    }
}
