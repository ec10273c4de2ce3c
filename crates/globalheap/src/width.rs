//! How many neighbours are meshed at once.
//!
//! A span that is put onto shared pages is a mapping of its own, unless its neighbours lie on the neighbouring shared pages.
//! So a run of neighbours that is meshed onto another run takes as many mappings as one span, and gives back as many
//! pages as it is long. Long runs fit less often: for the search a run is one span with all their slots. So they are
//! tried first, and their parts afterwards. A run is cheaper, too, for each page that it gives back. Where mappings are not
//! scarce only runs of few slots are worth it: of many slots, what fits as runs would have fitted better span by span.
//!
//! ```text
//!  mappings        widths of a cycle, one after the other for all classes
//!  Plenty          16 pages, 8, 4, 2, those of few slots; single spans
//!   if thorough    single spans
//!  Scarce          16 pages, 8, 4, 2, single spans
//!  Held            16 pages, 8, 4
//! ```
//!
//! Units that are on shared pages already, or between such, take no mapping: they go on joining others when there are no
//! mappings left.

use bitmap::SpanBits;
use heap::{Guard, PageHeap, SpanId};
use meshing::has_fair_chance;
use miniheap::{Geometry, Spans};

use crate::cycle::Cycle;
use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::Report;
use crate::schedule::possible;
use crate::tuning::{CALM_SHARE, MOVING_SHARE, NARROWEST_HELD, SLOTS_OF_CHEAP_RUNS, WIDEST};

/// How a cycle goes about mappings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mappings {
    /// There are enough for all meshes that could be.
    Plenty,
    /// There are not.
    Scarce,
    /// There are not, and the program frees so much that what would be meshed now may be gone soon: most are held back.
    Held,
}

/// How many neighbours are meshed at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Width {
    /// Runs of so many pages.
    pages: u8,
    /// Runs of more slots are left out.
    most_slots: usize,
}

impl Width {
    /// Single units.
    pub(crate) const SINGLE: Self = Self {
        pages: 1,
        most_slots: SpanBits::BITS,
    };

    /// The width to begin with, in a cycle that is to cost little or in one that is to find as much as it can.
    pub(crate) fn first(mappings: Mappings, thorough: bool) -> Self {
        let most_slots = match mappings {
            Mappings::Plenty if thorough => return Self::SINGLE,
            Mappings::Plenty => SLOTS_OF_CHEAP_RUNS,
            Mappings::Scarce | Mappings::Held => SpanBits::BITS,
        };
        Self {
            pages: WIDEST,
            most_slots,
        }
    }

    /// Whether these are single units.
    pub(crate) fn is_single(self) -> bool {
        self.pages == 1
    }

    /// The width that comes next.
    pub(crate) fn next(self, mappings: Mappings) -> Option<Self> {
        let narrowest = match mappings {
            Mappings::Held => NARROWEST_HELD,
            Mappings::Plenty | Mappings::Scarce => 1,
        };
        let pages = self.pages / 2;
        (self.pages > narrowest).then_some(Self { pages, ..self })
    }

    /// Units of a run; `None` when the class has no runs of this width.
    pub(crate) fn units(self, geometry: &Geometry) -> Option<usize> {
        if self.is_single() {
            return Some(1);
        }
        let units = usize::from(self.pages) / geometry.pages.index();
        let slots = units * usize::from(geometry.slots);
        // A run of one unit is for the last width.
        (units > 1 && slots <= self.most_slots).then_some(units)
    }
}

/// Pages that meshing could give back, where spans as full as these are in the mean can mesh at all.
fn hopeful(spans: &Spans) -> usize {
    let slots = usize::from(spans.geometry().slots);
    let mean = spans.live() / spans.physical_spans().max(1);
    if has_fair_chance(slots, mean) {
        possible(spans, 1)
    } else {
        0
    }
}

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// How the cycle that begins is to go about mappings; whether it may wait until the program has calmed down. The first one
    /// cannot know, and waits.
    pub(crate) fn mappings(
        &self,
        cycle: &mut Guard<'_, P::Lock, Cycle<M>>,
        may_wait: bool,
    ) -> Mappings {
        let (mut pages, mut live, mut physical) = (0, 0, 0);
        for class in Self::meshed_classes() {
            let spans = self.class(class);
            pages += hopeful(&spans);
            physical += spans.physical_spans();
            live += spans.live() * spans.geometry().object_size as usize;
        }
        let before = core::mem::replace(&mut cycle.live_before, live);
        // A span by itself has two borders.
        let is_more_than_left = |spans: usize| 2 * spans > self.pages.mappings_left();
        let is_draining = live.saturating_add(before / CALM_SHARE) < before;
        if may_wait && is_draining && is_more_than_left(physical) {
            // Any of its spans may become one to mesh.
            Mappings::Held
        } else if is_more_than_left(pages) {
            Mappings::Scarce
        } else {
            Mappings::Plenty
        }
    }

    /// Mappings that are kept for moves among groups, which part neighbours.
    pub(crate) fn kept_for_moves(&self) -> usize {
        self.pages.mappings_permitted() / MOVING_SHARE
    }

    /// Whether there are mappings for meshes that take some.
    pub(crate) fn can_spend(&self) -> bool {
        self.pages.mappings_left() >= self.kept_for_moves() + 2
    }

    /// Whether there are mappings to put spans onto shared pages, which takes `to_share`, and to move spans that are on some in
    /// so many `moves`.
    pub(crate) fn can_afford(&self, to_share: usize, moves: usize) -> bool {
        let needed = match to_share {
            // Neighbours that are parted have a border on either side.
            0 => 2 * moves,
            more => 2 * moves + more + self.kept_for_moves(),
        };
        let affordable = self.pages.mappings_left() >= needed;
        if !affordable {
            self.meshed.count(&self.meshed.unaffordable, 1);
        }
        affordable
    }

    /// Mappings that it takes to put a unit onto shared pages, if it is not on some.
    pub(crate) fn mappings_to_share(&self, spans: &Spans, unit: SpanId) -> usize {
        match (spans.get(unit), spans.run(unit)) {
            (Some(heap), Some(run)) if heap.group().is_none() => self.pages.mappings_to_share(run),
            _ => 0,
        }
    }
}
