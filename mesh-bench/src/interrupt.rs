//! Ctrl-C and termination: everything that waits looks here, so that guards stop servers and remove groups.

use anyhow::{Context, Result, bail};
use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Turns SIGINT, SIGTERM and SIGHUP into a request that [`check`] reports.
pub(crate) fn install() -> Result<()> {
    // Relaxed: the flag carries no other data.
    ctrlc::set_handler(|| REQUESTED.store(true, Ordering::Relaxed)).context("no signal handler")
}

/// An error once a stop was asked for.
pub(crate) fn check() -> Result<()> {
    if REQUESTED.load(Ordering::Relaxed) {
        bail!("interrupted");
    }
    Ok(())
}
