//! Spans that nobody uses any more go from shared pages back to private ones.

use globalheap::Report;
use heap::{Guard, PageHeap, Run, SizeClass};

use crate::kept::Cycle;
use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;
use crate::tuning::LEFTOVERS_PER_HOLD;

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Dissolves drained members and dead groups of all classes.
    ///
    /// The cycle's guard shows that no mesh is under way: the shared pages that are freed here belong to nobody's plans.
    pub(crate) fn dissolve_leftovers(&self, cycle: &Guard<'_, P::Lock, Cycle<M>>) {
        for class in self.used_meshed_classes() {
            self.class(class).take_up_again();
            while self.dissolve_some(cycle, class) {}
        }
    }

    /// Dissolves some leftovers of one class; says whether there are more that could be.
    pub(crate) fn dissolve_some(
        &self,
        _cycle: &Guard<'_, P::Lock, Cycle<M>>,
        class: SizeClass,
    ) -> bool {
        let mut spans = self.class(class);
        for _ in 0..LEFTOVERS_PER_HOLD {
            let Some((id, run, home)) = spans.next_leftover() else {
                return false;
            };
            let needed = self.pages().mappings_to_dissolve(run);
            let has_mappings = || {
                self.pages().mappings_left() >= needed + self.kept_for_moves() && {
                    let held = self.pages().hold_mappings();
                    let permitted = self.pages().mappings_permit();
                    self.pages().let_mappings_go(held);
                    permitted
                }
            };
            if needed > 0 && !has_mappings() {
                // Its neighbours may go too; then it will not part them. Its memory goes now.
                spans.put_aside(id);
                if let Some(first) = home {
                    // SAFETY: nobody uses the group; its leader, which stays on them, holds no object.
                    unsafe { self.free_home(Run { first, ..run }) };
                    self.save(run.pages.index());
                }
                continue;
            }
            // SAFETY: the span is on shared pages, and none of its slots is in use.
            if unsafe { self.pages().dissolve(run) }.is_err() {
                spans.postpone(id);
                self.meshed.count(&self.meshed.refused, 1);
                return false;
            }
            match home {
                Some(first) => {
                    // SAFETY: the leader was the last one on them.
                    unsafe { self.free_home(Run { first, ..run }) };
                }
                None => self.unsave(run.pages.index()),
            }
            spans.forget(id);
        }
        spans.has_leftovers()
    }

    /// Gives shared pages back outside of a barrier.
    ///
    /// # Safety
    /// No object is on them.
    unsafe fn free_home(&self, home: Run) {
        let held = self.pages().hold_mappings();
        // SAFETY: the same contract.
        unsafe { self.pages().free_shared(home) };
        self.pages().let_mappings_go(held);
    }
}
