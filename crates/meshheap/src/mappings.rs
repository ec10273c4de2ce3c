//! Whether there are mappings for what a cycle would do.

use globalheap::Report;
use heap::{Guard, PageHeap, SpanId};
use meshing::has_fair_chance;
use miniheap::Spans;

use crate::kept::Cycle;
use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;
use crate::schedule::occupancy;
use crate::tuning::{CALM_SHARE, MOVING_SHARE};
use crate::width::Mappings;

/// Whether spans as full as these are in the mean can mesh at all.
fn is_hopeful(spans: &Spans) -> bool {
    let slots = usize::from(spans.geometry().slots);
    let mean = spans.live() / spans.physical_spans().max(1);
    has_fair_chance(slots, mean)
}

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// How the cycle that begins is to go about mappings; whether it may wait until the program has calmed down. The first one
    /// cannot know, and waits.
    pub(crate) fn mappings(
        &self,
        cycle: &mut Guard<'_, P::Lock, Cycle<M>>,
        may_wait: bool,
    ) -> Mappings {
        let (mut pages, mut live, mut private) = (0, 0, 0);
        for class in self.used_meshed_classes() {
            let spans = self.class(class);
            live += spans.live() * spans.geometry().object_size as usize;
            private += spans.physical_spans().saturating_sub(spans.groups());
            if is_hopeful(&spans) {
                pages += occupancy(&spans, 1).possible;
            }
        }
        let before = cycle.live_before.replace(live).unwrap_or(usize::MAX);
        let left = self.pages().mappings_left();
        let is_draining = live.saturating_add(before / CALM_SHARE) < before;
        // A span by itself has two borders, but all together have hardly more than there are spans.
        if private <= left {
            Mappings::Plenty
        } else if may_wait && is_draining {
            // Any of its spans may become one to mesh.
            Mappings::Held
        } else if 2 * pages > left {
            Mappings::Scarce
        } else {
            Mappings::Plenty
        }
    }

    /// Mappings that are kept for moves among groups, which part neighbours.
    pub(crate) fn kept_for_moves(&self) -> usize {
        self.pages().mappings_permitted() / MOVING_SHARE
    }

    /// Whether there are mappings for meshes that take some.
    pub(crate) fn can_spend(&self) -> bool {
        self.pages().mappings_left() >= self.kept_for_moves() + 2
    }

    /// Whether there are mappings to put spans onto shared pages, which takes `to_share`, and to move spans that are on some in
    /// so many `moves`.
    pub(crate) fn can_afford(&self, to_share: usize, moves: usize) -> bool {
        let needed = match to_share {
            // Neighbours that are parted have a border on either side.
            0 => 2 * moves,
            more => 2 * moves + more + self.kept_for_moves(),
        };
        let affordable = self.pages().mappings_left() >= needed;
        if !affordable {
            self.meshed.count(&self.meshed.unaffordable, 1);
        }
        affordable
    }

    /// Mappings that it takes to put a unit onto shared pages, if it is not on some.
    pub(crate) fn mappings_to_share(&self, spans: &Spans, unit: SpanId) -> usize {
        match (spans.get(unit), spans.run(unit)) {
            (Some(heap), Some(run)) if heap.group().is_none() => {
                self.pages().mappings_to_share(run)
            }
            _ => 0,
        }
    }
}
