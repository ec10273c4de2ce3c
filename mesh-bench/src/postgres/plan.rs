//! What is done in each trial.

use std::time::Duration;

/// What is done in each trial.
pub(super) struct Plan {
    pub(super) sessions: u16,
    pub(super) reads: u64,
    pub(super) writes: u64,
    pub(super) queries: u64,
    pub(super) idle: Duration,
}
