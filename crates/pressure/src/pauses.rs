//! What is done about pressure, and gives back little, is done less often.

use core::sync::atomic::{AtomicU64, Ordering};

/// The shortest and the longest pause, in milliseconds.
const SHORTEST: u64 = 1_000;
const LONGEST: u64 = 64_000;

/// It was worth while if it gave back at least one part in so many of what there was, …
const WORTHWHILE_SHARE: usize = 100;

/// … and so many bytes.
const WORTHWHILE: usize = 1 << 20;

/// When something may be done again.
pub struct Pauses {
    pause: AtomicU64,
    next: AtomicU64,
}

impl Pauses {
    /// At once.
    pub const fn new() -> Self {
        Self {
            pause: AtomicU64::new(SHORTEST),
            next: AtomicU64::new(0),
        }
    }

    /// Whether something may be done, as far as time goes.
    pub fn is_due(&self, now: u64) -> bool {
        now >= self.next.load(Ordering::Relaxed)
    }

    /// What was done gave back so many bytes of `there` that were there before: with less than is worth while the pauses grow.
    pub fn conclude(&self, now: u64, gave: usize, there: usize) {
        let before = self.pause.load(Ordering::Relaxed);
        let (pause, next) = if gave >= (there / WORTHWHILE_SHARE).max(WORTHWHILE) {
            (SHORTEST, SHORTEST)
        } else {
            (before, (2 * before).min(LONGEST))
        };
        self.pause.store(next, Ordering::Relaxed);
        self.next
            .store(now.saturating_add(pause), Ordering::Relaxed);
    }
}

impl Default for Pauses {
    fn default() -> Self {
        Self::new()
    }
}
