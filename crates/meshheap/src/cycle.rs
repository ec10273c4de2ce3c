//! One mesh cycle, at one go. The module `slice` has the same in slices.
//!
//! For each size class: copy the units' bitmaps in short holds of the lock of the class, search without any lock, then
//! carry out what was found in short steps under the lock, looking at each pair again.

use core::ops::ControlFlow;

use globalheap::Report;
use heap::{Guard, PageHeap, SizeClass};

use crate::kept::Cycle;
use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;
use crate::portion::Portion;
use crate::tuning::MESHES_PER_HOLD;
use crate::width::Width;

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Looks for spans to mesh in all size classes, and meshes them. Returns the bytes that this released.
    ///
    /// Does nothing while meshing is not enabled, when its guard says no, or when another thread is at it.
    pub fn mesh_cycle(&self) -> usize {
        let Some(mut cycle) = self.cycle.try_lock() else {
            return 0;
        };
        // A cycle in slices ends here: this one does all of its work.
        cycle.progress.reset();
        self.schedule.set_under_way(false);
        if !self.may_mesh() {
            self.pages().close_shared();
            return 0;
        }
        self.meshed.count(&self.meshed.cycles, 1);
        self.dissolve_leftovers(&cycle);
        let mut released = 0;
        // Who asks for a whole cycle wants all that it can give.
        cycle.lasting.end_truces();
        let mappings = self.mappings(&mut cycle, false);
        let first = Some(Width::first(mappings, true));
        for width in core::iter::successors(first, |width| width.next(mappings)) {
            for class in self.used_meshed_classes() {
                released += self.mesh_class(&mut cycle, class, width);
                if width == Width::Single {
                    released += self.scatter_class(&mut cycle, class);
                }
            }
        }
        // Meshes leave leaders behind, with the pages that they have released.
        self.dissolve_leftovers(&cycle);
        self.pages().close_shared();
        released * P::PAGE_SIZE
    }

    /// Meshes the spans of one class, in runs of `width`; returns the pages that this released.
    fn mesh_class(
        &self,
        cycle: &mut Guard<'_, P::Lock, Cycle<M>>,
        class: SizeClass,
        width: Width,
    ) -> usize {
        let mut released = 0;
        let units = width.units(self.below().geometry(class)).unwrap_or(1);
        let mut portion = Portion::WHOLE;
        let mut outcome = ControlFlow::Continue(0);
        loop {
            let next = self.with_found(cycle, class, width, portion, |_, pairs| {
                while outcome.is_continue() && pairs.merges.len() > 0 {
                    outcome = self.commit(
                        class,
                        &mut pairs.take(MESHES_PER_HOLD.div_ceil(units)),
                        width,
                    );
                    let (ControlFlow::Continue(pages) | ControlFlow::Break(pages)) = outcome;
                    released += pages;
                }
            });
            match next {
                Some(from) if outcome.is_continue() => portion.from = from,
                _ => return released,
            }
        }
    }
}
