//! The two sides of an arena, and the unused runs of each.

use heap::Run;

use crate::frontier::{Frontier, Towards};
use crate::ground::Ground;
use crate::page_map::PageMap;
use crate::run_store::{Kind, Place, RunStore};
use crate::segments::Segments;

/// Which side of the arena a run is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Spans,
    Large,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Spans, Self::Large];

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Spans => Self::Large,
            Self::Large => Self::Spans,
        }
    }

    pub(crate) fn segments(self, ground: &Ground) -> &Segments {
        match self {
            Self::Spans => &ground.spans,
            Self::Large => &ground.large,
        }
    }
}

/// The unused runs of one side of the arena.
pub(crate) struct Area {
    /// All bytes zero.
    pub(crate) clean: RunStore,
    pub(crate) dirty: RunStore,
    /// Not mapped.
    pub(crate) gone: RunStore,
    pub(crate) frontier: Frontier,
}

impl Area {
    pub(crate) const fn new(side: Side) -> Self {
        let (clean, dirty, gone, towards) = match side {
            Side::Spans => (
                Kind::CleanSpans,
                Kind::DirtySpans,
                Kind::GoneSpans,
                Towards::Low,
            ),
            Side::Large => (
                Kind::CleanLarge,
                Kind::DirtyLarge,
                Kind::GoneLarge,
                Towards::High,
            ),
        };
        Self {
            clean: RunStore::new(clean),
            dirty: RunStore::new(dirty),
            gone: RunStore::new(gone),
            frontier: Frontier::new(towards, 0),
        }
    }

    /// A run that is mapped: a dirty one before a clean one, since its pages are there already.
    #[inline(always)]
    pub(crate) fn take(&mut self, map: &PageMap, place: Place) -> Option<(Run, bool)> {
        if let Some(run) = self.dirty.take(map, place) {
            return Some((run, false));
        }
        self.clean.take(map, place).map(|run| (run, true))
    }

    /// Unused pages that are mapped.
    pub(crate) fn unused(&self) -> usize {
        self.clean.pages() + self.dirty.pages()
    }
}
