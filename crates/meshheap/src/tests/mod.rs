//! The heap over pages that are a model, with every contract checked and any call refused.

mod changes;
mod cycle;
mod fork;
mod hazards;
mod mappings;
mod pins;
mod placement;
mod portraits;
#[path = "../../../globalheap/src/tests/program.rs"]
mod program;
#[path = "../../../globalheap/src/tests/refill_release.rs"]
mod refill_release;
mod refusals;
mod schedule;
mod slices;

use fakepages::FakePages;
use globalheap::tuning::{OWNED_BYTES, SPANS_AT_ONCE};
use globalheap::{CentralHeap, Claims, GlobalHeap, Misuse, Report, Standing};
use heap::Refused;
use meshing::ComplementMesher;
use program::{Kept, Shared};

use crate::{Fork, MeshHeap, MeshPolicy, Writers};

type Program<M = ComplementMesher> = program::Program<MeshHeap<FakePages, M, Kept>>;

impl<M: MeshPolicy> Shared for MeshHeap<FakePages, M, Kept> {
    fn over(pages: FakePages) -> Self {
        let heap = Self::new(pages);
        // SAFETY: there is one thread, which is never caught at a protected page.
        unsafe { heap.enable_meshing() };
        heap
    }

    fn global(&self) -> &GlobalHeap<FakePages, Kept> {
        self.below()
    }

    fn pages_saved(&self) -> usize {
        self.mesh_stats().pages_saved
    }

    fn cycle(&self) {
        self.mesh_cycle();
    }

    fn compact(&self) {
        self.compact();
    }

    fn is_in_cycle(&self) -> bool {
        self.is_in_cycle()
    }
}

impl<M: MeshPolicy> Program<M> {
    /// Goes up to the moment when the process is duplicated, if there is room.
    pub(super) fn prepare_fork(
        &self,
        standing: Standing,
        writers: Writers,
    ) -> Result<Fork, Refused> {
        self.heap.reserve_fork(standing)?;
        let begun = self.heap.begin_fork(standing);
        // SAFETY: begun above; the heap is not used before the fork has ended.
        Ok(unsafe { self.heap.prepare_fork(begun, writers) })
    }
}
