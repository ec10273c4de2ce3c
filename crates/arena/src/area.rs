//! The two sides of an arena, and the unused runs of each.

use heap::{Grain, PageCount, PageIndex, Run};

use crate::frontier::{Frontier, Towards};
use crate::ground::Ground;
use crate::low_water::LowWater;
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
    /// That of the dirty ones.
    pub(crate) low_water: LowWater,
    /// Not mapped.
    pub(crate) gone: RunStore,
    /// Mapped, used before, and less than what the system takes back. All other stores have whole grains.
    parts: RunStore,
    pub(crate) frontier: Frontier,
}

impl Area {
    /// Before it [begins](Self::begin): all bytes are zero.
    pub(crate) const NOWHERE: Self = Self {
        clean: RunStore::NONE,
        dirty: RunStore::NONE,
        low_water: LowWater::new(),
        gone: RunStore::NONE,
        parts: RunStore::NONE,
        frontier: Frontier::new(Towards::Low, 0),
    };

    /// Begins `side`, from the `middle` on. Nothing was in it before.
    pub(crate) fn begin(&mut self, side: Side, middle: usize) {
        let (clean, dirty, gone, parts, towards) = match side {
            Side::Spans => (
                Kind::CleanSpans,
                Kind::DirtySpans,
                Kind::GoneSpans,
                Kind::PartsOfSpans,
                Towards::Low,
            ),
            Side::Large => (
                Kind::CleanLarge,
                Kind::DirtyLarge,
                Kind::GoneLarge,
                Kind::PartsOfLarge,
                Towards::High,
            ),
        };
        self.clean.begin(clean);
        self.dirty.begin(dirty);
        self.gone.begin(gone);
        self.parts.begin(parts);
        self.frontier = Frontier::new(towards, middle);
    }

    /// A run that is mapped: a dirty one before a clean one, since its pages are there already.
    #[inline(always)]
    pub(crate) fn take(&mut self, map: &PageMap, place: Place) -> Option<(Run, bool)> {
        if let Some(run) = self.dirty.take(map, place) {
            self.low_water.fall_to(self.dirty.pages());
            return Some((run, false));
        }
        self.clean.take(map, place).map(|run| (run, true))
    }

    /// Less than a grain, or not whole ones, of what is left of grains that others use.
    pub(crate) fn take_part(&mut self, map: &PageMap, place: Place) -> Option<Run> {
        self.parts.take(map, place)
    }

    /// Takes back a run whose pages may hold anything. What makes no whole grains is kept until its neighbours come back.
    #[inline(always)]
    pub(crate) fn give_back(&mut self, map: &PageMap, grain: Grain, run: Run) {
        if grain.is_whole(run) {
            self.dirty.insert(map, run);
        } else {
            self.give_back_part(map, grain, run);
        }
    }

    #[cold]
    #[inline(never)]
    fn give_back_part(&mut self, map: &PageMap, grain: Grain, run: Run) {
        let merged = self.parts.merge(map, run);
        let Some(whole) = grain.inside(merged) else {
            return;
        };
        let is_taken = self.parts.take_at(map, merged);
        debug_assert!(is_taken, "what was merged is not there");
        for (from, to) in [(merged.first, whole.first), (whole.end(), merged.end())] {
            if from < to {
                self.parts.insert(map, between(from, to));
            }
        }
        self.dirty.insert(map, whole);
    }

    /// Takes exactly these pages, if they are unused and mapped.
    pub(crate) fn take_at(&mut self, map: &PageMap, run: Run) -> bool {
        if self.dirty.take_at(map, run) {
            self.low_water.fall_to(self.dirty.pages());
            return true;
        }
        self.clean.take_at(map, run)
    }

    /// A dirty run that should go, or `any`, of `most` pages at most. It is in no store then.
    pub(crate) fn take_dirty(
        &mut self,
        map: &PageMap,
        grain: Grain,
        most: PageCount,
        any: bool,
    ) -> Option<Run> {
        let owed = u32::try_from(self.low_water.owed()).unwrap_or(u32::MAX);
        let most = if any {
            most
        } else {
            PageCount(most.0.min(owed))
        };
        if most.0 == 0 {
            return None;
        }
        let run = self.dirty.take_longest(map, grain.count_up(most))?;
        self.low_water.lose(run.pages.index());
        Some(run)
    }

    /// Unused pages that are physically there.
    pub(crate) fn dirty_pages(&self) -> usize {
        self.dirty.pages() + self.parts.pages()
    }

    /// Unused pages that are mapped.
    pub(crate) fn unused(&self) -> usize {
        self.clean.pages() + self.dirty_pages()
    }
}

/// The pages from `first` up to `end`.
fn between(first: PageIndex, end: PageIndex) -> Run {
    let pages = PageCount((end.0 - first.0) as u32);
    Run { first, pages }
}
