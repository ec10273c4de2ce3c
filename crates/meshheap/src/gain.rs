//! Whether there may be something to gain for a program that has time: asked before each call that may wait, so it costs a load.
//!
//! Somebody has [looked](MeshHeap::has_gain), or has [taken](MeshHeap::settle) what there was. From then on what goes home is counted, until it
//! could be enough for a cycle; then somebody has to look again.

use core::sync::atomic::{AtomicUsize, Ordering};

use globalheap::Report;
use heap::PageHeap;

use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;
use crate::schedule::worthwhile;

/// Enough has gone home for another look.
const UNKNOWN: usize = 0;

/// There is something to gain.
const SEEN: usize = usize::MAX;

/// There is, and nothing has gone home since somebody [marked](MeshHeap::mark_gain) that.
const MARKED: usize = usize::MAX - 1;

/// A look permits at least one part in so many of what is worthwhile to go home before the next one.
const LEAST_SHARE: usize = 16;

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
    fn may_be(&self) -> bool {
        matches!(self.0.load(Ordering::Relaxed), UNKNOWN | SEEN | MARKED)
    }

    fn is_seen(&self) -> bool {
        matches!(self.0.load(Ordering::Relaxed), SEEN | MARKED)
    }

    fn set(&self, known: usize) {
        self.0.store(known, Ordering::Relaxed);
    }
}

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Whether it is worth a look what could be gained. A load and a compare.
    #[inline]
    pub fn may_gain(&self) -> bool {
        self.gain.may_be()
    }

    /// Whether a program that has time should take it, to mesh or to give back some of the `unused` bytes of its pages. What was seen once is
    /// believed until it is [taken](Self::settle).
    pub fn has_gain(&self, unused: impl FnOnce() -> usize) -> bool {
        if self.gain.is_seen() {
            return true;
        }
        let worthwhile = worthwhile(self.period()).max(1);
        let meshable = if self.meshing_enabled() {
            self.possible_bytes()
        } else {
            0
        };
        let possible = meshable + self.below().waiting_bytes() + unused();
        let has_gain = self.schedule.is_under_way() || possible >= worthwhile;
        self.gain.set(if has_gain {
            SEEN
        } else {
            (worthwhile - possible).max(worthwhile / LEAST_SHARE).max(1)
        });
        has_gain
    }

    /// Whether something to gain was seen, and has not been taken. Cheap.
    pub fn is_gain_seen(&self) -> bool {
        self.gain.is_seen()
    }

    /// Marks that a gain was seen, until something goes home.
    pub fn mark_gain(&self) {
        if self.gain.is_seen() {
            self.gain.set(MARKED);
        }
    }

    /// Whether it still is as it was when it was marked. Cheap.
    pub fn is_gain_marked(&self) -> bool {
        self.gain.0.load(Ordering::Relaxed) == MARKED
    }

    /// What there was to gain has been taken, as far as that was possible.
    pub fn settle(&self) {
        self.gain.set(worthwhile(self.period()).max(1));
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
        assert_eq!(gain.0.load(Ordering::Relaxed), SEEN);
    }
}
