//! What is meshed, and behind which barrier.
//!
//! Objects up to [`SpanClasses::LARGEST_MESHED`] are, but for those that are kept apart since somebody writes to them who
//! cannot be made to wait. Where such objects cannot be told apart from the program's, only a barrier will do at which the
//! kernel waits, and who has all signals blocked: then nothing is meshed behind another one, and a fork protects nothing.
//!
//! The barrier may change for the worse at any time, when the program closes a descriptor, or in a child. Then groups stay as
//! they are and can drain, and nothing of them is protected any more.

use core::sync::atomic::Ordering;

use globalheap::{GlobalHeap, Report};
use heap::{PageHeap, Refused, Run, SizeClass};
use miniheap::SpanClasses;

use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Says that objects which may be meshed are written to by the kernel without being named, or by threads that no signal
    /// reaches. Before meshing is enabled.
    pub fn expect_unnamed_writers(&self) {
        self.unnamed_writers.store(true, Ordering::Relaxed);
    }

    /// Whether there may be such writers.
    pub(crate) fn has_unnamed_writers(&self) -> bool {
        self.unnamed_writers.load(Ordering::Relaxed)
    }

    /// The classes whose objects may be meshed, and whose spans are whole pages of the system's.
    pub(crate) fn meshed_classes(&self) -> impl DoubleEndedIterator<Item = SizeClass> + '_ {
        let grain = self.pages().grain();
        let is_whole = move |class| grain.divides(self.below().geometry(class).pages);
        GlobalHeap::<P, R>::class_numbers()
            .filter(move |&class| SpanClasses::may_be_meshed(class) && is_whole(class))
    }

    /// Those of them that are in use, or were.
    pub(crate) fn used_meshed_classes(&self) -> impl Iterator<Item = SizeClass> + '_ {
        self.meshed_classes()
            .filter(|&class| self.below().is_used(class))
    }

    /// Whether they may be meshed behind the barrier in use.
    pub fn barrier_suffices(&self) -> bool {
        !self.has_unnamed_writers() || self.pages().stops_the_kernel()
    }

    /// Keeps writers out of `run`.
    pub(crate) fn keep_out(&self, run: Run) -> Result<(), Refused> {
        if self.has_unnamed_writers() {
            self.pages().protect_from_all(run)
        } else {
            self.pages().protect(run)
        }
    }
}
