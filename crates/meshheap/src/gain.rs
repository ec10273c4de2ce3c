//! Whether there may be something to gain for a program that has time: asked before each call that may wait, so it costs a load.
//!
//! Somebody has looked, or has taken what there was (`idle`). From then on what goes home is counted, until it could be enough for a cycle;
//! then somebody has to look again.

use core::sync::atomic::{AtomicUsize, Ordering};

/// Enough has gone home for another look.
pub(crate) const UNKNOWN: usize = 0;

/// There is something to gain.
pub(crate) const SEEN: usize = usize::MAX;

/// There is, and nothing has gone home since somebody marked that.
pub(crate) const MARKED: usize = usize::MAX - 1;

/// What is known of the gain: [`UNKNOWN`], [`SEEN`], [`MARKED`], or how many bytes may go home before it is unknown.
pub(crate) struct Gain(AtomicUsize);

impl Gain {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(UNKNOWN))
    }

    /// Notes that so many bytes have gone home.
    #[inline]
    pub(crate) fn note(&self, bytes: usize) {
        // Relaxed, and in two steps: threads may count too little together, but nobody asks where there are several.
        match self.0.load(Ordering::Relaxed) {
            UNKNOWN | SEEN => {}
            MARKED => self.set(SEEN),
            left => self.set(left.saturating_sub(bytes)),
        }
    }

    #[inline]
    pub(crate) fn may_be(&self) -> bool {
        matches!(self.0.load(Ordering::Relaxed), UNKNOWN | SEEN | MARKED)
    }

    pub(crate) fn is_seen(&self) -> bool {
        matches!(self.0.load(Ordering::Relaxed), SEEN | MARKED)
    }

    pub(crate) fn is_marked(&self) -> bool {
        self.0.load(Ordering::Relaxed) == MARKED
    }

    pub(crate) fn set(&self, known: usize) {
        self.0.store(known, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_home_is_counted_until_it_is_enough() {
        let gain = Gain::new();
        assert!(gain.may_be());
        gain.note(10);
        gain.set(100);
        gain.note(99);
        assert!(!gain.may_be());
        gain.note(1_000);
        assert!(gain.may_be());
        gain.note(1_000);
        assert!(gain.may_be() && !gain.is_seen());
    }

    #[test]
    fn what_was_seen_is_not_forgotten() {
        let gain = Gain::new();
        gain.set(SEEN);
        gain.note(usize::MAX);
        assert!(gain.may_be() && gain.is_seen());
        gain.set(MARKED);
        assert!(gain.may_be() && gain.is_seen());
        gain.note(1);
        assert!(gain.is_seen() && !gain.is_marked());
    }
}
