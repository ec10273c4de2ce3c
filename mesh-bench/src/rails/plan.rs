//! What is done in each trial.

use std::time::Duration;

/// What is done in each trial.
pub(super) struct Plan {
    pub(super) workers: u16,
    pub(super) requests: u64,
    pub(super) exports: u64,
    pub(super) jobs: u64,
    /// Requests and jobs one by one, [`Plan::PACE`] apart.
    pub(super) light: u64,
    pub(super) idle: Duration,
}

impl Plan {
    pub(super) const PACE: Duration = Duration::from_millis(100);
}
