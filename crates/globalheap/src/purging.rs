//! When unused pages are looked at.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// When the next look at pages that have been unused for long is due, and by whom.
pub(crate) struct Purging {
    /// In milliseconds of the coarse clock.
    next: AtomicU64,
    /// When records that nobody uses are looked for.
    next_trim: AtomicU64,
    /// Whether somebody else than slow paths looks at what is due.
    background: AtomicBool,
}

impl Purging {
    pub(crate) const fn new() -> Self {
        Self {
            next: AtomicU64::new(0),
            next_trim: AtomicU64::new(0),
            background: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(crate) fn is_due(&self, now: u64) -> bool {
        now >= self.next.load(Ordering::Relaxed)
    }

    /// Whether a look is due; of several threads that ask, one is told so, and the next time is set.
    pub(crate) fn claim(&self, now: u64, interval: u64) -> bool {
        claim(&self.next, now, interval)
    }

    /// The same for records that nobody uses.
    pub(crate) fn claim_trim(&self, now: u64, interval: u64) -> bool {
        claim(&self.next_trim, now, interval)
    }

    /// When the next look is due.
    pub(crate) fn next(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// The next look is due at `then`.
    pub(crate) fn set_next(&self, then: u64) {
        self.next.store(then, Ordering::Relaxed);
    }

    pub(crate) fn set_background(&self, background: bool) {
        self.background.store(background, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn is_in_background(&self) -> bool {
        self.background.load(Ordering::Relaxed)
    }
}

/// Whether it is time; of several threads that ask, one is told so, and the next time is set.
fn claim(time: &AtomicU64, now: u64, interval: u64) -> bool {
    let at = time.load(Ordering::Relaxed);
    let next = now.saturating_add(interval);
    now >= at
        && time
            .compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
}
