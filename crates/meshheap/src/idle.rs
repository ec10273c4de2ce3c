//! What a program that has time could gain.

use globalheap::Report;
use heap::PageHeap;

use crate::gain::{MARKED, SEEN, UNKNOWN};
use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;
use crate::schedule::worthwhile;

/// A look permits at least one part in so many of what is worthwhile to go home before the next one.
const LEAST_SHARE: usize = 16;

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
        let possible = self.gainable(unused());
        let has_gain = self.schedule.is_under_way() || possible >= worthwhile;
        self.gain.set(if has_gain {
            SEEN
        } else {
            (worthwhile - possible).max(worthwhile / LEAST_SHARE).max(1)
        });
        has_gain
    }

    /// Whether enough could come back for somebody to look after it, the `unused` bytes of its pages included.
    pub fn could_gain(&self, unused: usize) -> bool {
        self.gainable(unused) >= worthwhile(self.period()).max(1)
    }

    /// Bytes that could come back, with the `unused` ones. What a cycle could not get is not asked for again.
    fn gainable(&self, unused: usize) -> usize {
        let meshable = if self.meshing_enabled() {
            let in_vain = self.schedule.left_in_vain();
            self.possible_bytes().saturating_sub(in_vain)
        } else {
            0
        };
        meshable + self.below().waiting_bytes() + self.below().idle_record_bytes() + unused
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
        self.gain.is_marked()
    }

    /// Some of what was seen has been taken: the next one to ask looks again.
    pub fn look_again(&self) {
        self.gain.set(UNKNOWN);
    }

    /// What there was to gain has been taken, as far as that was possible.
    pub fn settle(&self) {
        self.gain.set(worthwhile(self.period()).max(1));
    }
}
