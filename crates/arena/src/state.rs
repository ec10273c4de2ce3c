//! What is under the arena's lock: unused runs, and how far both sides reach.

mod surplus;

use core::ptr::NonNull;

use heap::{Grain, Label, PageCount, Preset, Run};

use crate::area::{Area, Side};
use crate::frontier::{Field, Frontier, Taken};
use crate::ground::Ground;
use crate::huge_pages::HugePages;
use crate::low_water::{Passed, Steps};
use crate::os::{Access, NotMapped, Os, Purpose};
use crate::page_map::{PageMap, Tables};
use crate::run_store::{Place, RunStore};
use crate::site::Site;
use crate::tuning::SMALLEST_GROWTH;

pub(crate) use surplus::Surplus;

/// Everything under the arena's lock.
pub(crate) struct State {
    /// Where the arena is, once that was chosen, and its tables.
    place: Option<(Site, Tables)>,
    pub(crate) steps: Steps,
    spans: Area,
    large: Area,
    /// Pages that nobody can use any more: another mapping is there, or the program left them unusable.
    lost: usize,
    /// What the process may have, in pages, when that was last asked for.
    limit: Preset<{ usize::MAX }>,
    /// Unused pages at that time, or fewer.
    unused_then: usize,
    /// What is asked of the system for large objects.
    pub(crate) huge_pages: HugePages,
    /// What was mapped last, for spans: whoever has the lock looks at it before it goes.
    pub(crate) fresh: Option<Run>,
}

impl State {
    pub(crate) const fn new() -> Self {
        Self {
            place: None,
            steps: Steps::new(),
            spans: Area::NOWHERE,
            large: Area::NOWHERE,
            lost: 0,
            limit: Preset::new(),
            unused_then: 0,
            huge_pages: HugePages::AsUsual,
            fresh: None,
        }
    }

    /// Where the arena is, or is to be: `choose` says so if that is not known.
    pub(crate) fn place(
        &mut self,
        choose: impl FnOnce() -> Option<Site>,
    ) -> Option<(Site, &mut Tables)> {
        if self.place.is_none() {
            let site = choose()?;
            self.place = Some((site, Tables::at(&site)));
            for side in Side::BOTH {
                self.area(side).begin(side, site.middle);
            }
        }
        self.place.as_mut().map(|(site, tables)| (*site, tables))
    }

    /// The arena cannot be there.
    pub(crate) fn forget_place(&mut self) {
        self.place = None;
    }

    pub(crate) fn area(&mut self, side: Side) -> &mut Area {
        match side {
            Side::Spans => &mut self.spans,
            Side::Large => &mut self.large,
        }
    }

    fn areas(&self) -> [&Area; 2] {
        [&self.spans, &self.large]
    }

    /// Pages in stores of all areas.
    pub(crate) fn pages(&self, store: impl Fn(&Area) -> &RunStore) -> usize {
        self.areas().map(|area| store(area).pages()).iter().sum()
    }

    /// Unused pages that are physically there.
    pub(crate) fn dirty_pages(&self) -> usize {
        self.areas().map(Area::dirty_pages).iter().sum()
    }

    /// Pages that nobody can use any more.
    pub(crate) fn lost(&self) -> usize {
        self.lost
    }

    /// Gives a run up for good.
    pub(crate) fn lose(&mut self, run: Run) {
        self.lost += run.pages.index();
    }

    /// Says what tables are for.
    pub(crate) fn name_tables<O: Os>(&self, os: &O) {
        if let Some((_, tables)) = &self.place {
            tables.name(os);
        }
    }

    /// Bytes of tables.
    pub(crate) fn tables_bytes(&self) -> usize {
        self.place.as_ref().map_or(0, |(_, tables)| tables.bytes())
    }

    /// Takes back a run whose pages may hold anything.
    #[inline(always)]
    pub(crate) fn give_back(&mut self, map: &PageMap, grain: Grain, side: Side, run: Run) {
        self.area(side).give_back(map, grain, run);
    }

    /// Takes a run whose pages are all zero, and have gone back to the system; so do pages of the tables that are about nothing else.
    #[inline(never)]
    pub(crate) fn add_clean<O: Os>(&mut self, os: &O, map: &PageMap, side: Side, run: Run) {
        let whole = self.area(side).clean.merge(map, run);
        // SAFETY: the run is in a store, and the caller has the lock.
        unsafe { map.forget_inside(os, whole, run) };
    }

    /// The same for one that is not mapped any more.
    pub(crate) fn add_gone<O: Os>(&mut self, os: &O, map: &PageMap, side: Side, run: Run) {
        let whole = self.area(side).gone.merge(map, run);
        // SAFETY: as above.
        unsafe { map.forget_inside(os, whole, run) };
    }

    /// Notes that time has come to `now_ms`, and what should go by now; says whether anything may have to.
    pub(crate) fn pass(&mut self, now_ms: u64) -> bool {
        let passed = self.steps.advance(now_ms);
        for area in [&mut self.spans, &mut self.large] {
            let unused = area.dirty.pages();
            match passed {
                Passed::Steps(steps) => area.low_water.pass(steps, unused),
                Passed::Nothing => {}
                Passed::Everything => area.low_water.owe(unused),
            }
        }
        passed != Passed::Nothing
    }

    /// A dirty run that should go, or `any`, of `most` pages at most. It is in no store then.
    pub(crate) fn take_dirty(
        &mut self,
        map: &PageMap,
        grain: Grain,
        most: PageCount,
        any: bool,
    ) -> Option<(Side, Run)> {
        let sides = [Side::Large, Side::Spans];
        sides.into_iter().find_map(|side| {
            let run = self.area(side).take_dirty(map, grain, most, any)?;
            Some((side, run))
        })
    }

    /// A run for `side`, and whether all its bytes are zero: unused ones first, then new ones, then what the other side does not
    /// use. The frames in which it looks and maps are gone when new pages are fitted in: some stacks are small.
    #[inline(always)]
    pub(crate) fn take<O: Os>(
        &mut self,
        os: &O,
        ground: &Ground,
        side: Side,
        place: Place,
    ) -> Option<(Run, bool)> {
        if !os.grain().divides(place.pages) {
            return self.take_part(os, ground, side, place);
        }
        self.take_whole(os, ground, side, place)
    }

    /// The same where that is less than a grain, or not whole ones.
    #[cold]
    #[inline(never)]
    fn take_part<O: Os>(
        &mut self,
        os: &O,
        ground: &Ground,
        side: Side,
        place: Place,
    ) -> Option<(Run, bool)> {
        if let Some(run) = self.area(side).take_part(&ground.map, place) {
            return Some((run, false));
        }
        let grain = os.grain();
        let (whole, is_zeroed) = self.take_whole(os, ground, side, place.whole(grain))?;
        let (run, rest) = whole.split(place.pages);
        ground.map.set_ends(run, Label::UNLABELLED);
        self.give_back(&ground.map, grain, side, rest);
        Some((run, is_zeroed))
    }

    /// The same of whole grains.
    #[inline(always)]
    fn take_whole<O: Os>(
        &mut self,
        os: &O,
        ground: &Ground,
        side: Side,
        place: Place,
    ) -> Option<(Run, bool)> {
        for side in [side, side.other()] {
            let known = self.take_known(os, ground, side, place);
            if known.is_some() {
                return known;
            }
            // Nothing is taken yet: the frames in which tables grow are gone when pages are mapped.
            self.cover_ahead(os, ground, side, place);
            if let Some(run) = self.take_new(os, ground, side, place) {
                return Some((run, true));
            }
        }
        None
    }

    /// A run of pages that were taken before.
    #[inline(never)]
    fn take_known<O: Os>(
        &mut self,
        os: &O,
        ground: &Ground,
        side: Side,
        place: Place,
    ) -> Option<(Run, bool)> {
        let mapped = self.area(side).take(&ground.map, place);
        mapped.or_else(|| self.regain(os, ground, side, place))
    }

    /// A run of pages that were never used. Its frame takes the place of those that look in the stores: some stacks are small.
    #[inline(never)]
    fn take_new<O: Os>(
        &mut self,
        os: &O,
        ground: &Ground,
        side: Side,
        place: Place,
    ) -> Option<Run> {
        self.at_frontier(os, ground, side, |frontier, field, spare| {
            frontier.take(field, place, spare)
        })
    }

    /// Maps the entries in the tables that it takes for such a run.
    #[inline(never)]
    fn cover_ahead<O: Os>(&mut self, os: &O, ground: &Ground, side: Side, place: Place) {
        self.at_frontier(os, ground, side, |frontier, field, _| {
            frontier.cover_ahead(field, place);
            None
        });
    }

    /// What `take` takes at the frontier of `side`.
    #[inline(always)]
    fn at_frontier<O: Os>(
        &mut self,
        os: &O,
        ground: &Ground,
        side: Side,
        take: impl FnOnce(&mut Frontier, &mut Field<'_, O>, &mut dyn FnMut(Run)) -> Option<Taken>,
    ) -> Option<Run> {
        let map = &ground.map;
        let mut field = Field {
            os,
            map,
            tables: &mut self.place.as_mut()?.1,
            segments: side.segments(ground),
        };
        let area = match side {
            Side::Spans => &mut self.spans,
            Side::Large => &mut self.large,
        };
        let clean = &mut area.clean;
        let mut spare = |run| clean.insert(map, run);
        let taken = take(&mut area.frontier, &mut field, &mut spare)?;
        map.set_ends(taken.run, Label::UNLABELLED);
        match (side, taken.grown) {
            (Side::Spans, grown) => self.fresh = grown.or(self.fresh),
            (Side::Large, Some(grown)) => self.huge_pages.ask(os, map, grown),
            (Side::Large, None) => {}
        }
        Some(taken.run)
    }

    /// A run for a large object, and whether all its bytes are zero; none if that takes what is for spans.
    #[inline(never)]
    pub(crate) fn take_large<O: Os>(
        &mut self,
        os: &O,
        ground: &Ground,
        place: Place,
    ) -> Option<(Run, bool)> {
        let known = self.take_known(os, ground, Side::Large, place);
        known.or_else(|| Some((self.take_new(os, ground, Side::Large, place)?, true)))
    }

    /// A run of pages that were unmapped.
    fn regain<O: Os>(
        &mut self,
        os: &O,
        ground: &Ground,
        side: Side,
        place: Place,
    ) -> Option<(Run, bool)> {
        let map = &ground.map;
        // For small ones several are mapped at once.
        let step = Place::step(place, SMALLEST_GROWTH / O::PAGE_SIZE);
        loop {
            let gone = &mut self.area(side).gone;
            let run = gone.take(map, step).or_else(|| gone.take(map, place))?;
            match self.map_again(os, ground, side, run) {
                Ok(()) if run.pages == place.pages => return Some((run, true)),
                Ok(()) => {
                    let clean = &mut self.area(side).clean;
                    clean.insert(map, run);
                    return clean.take(map, place).map(|run| (run, true));
                }
                Err(NotMapped::Taken) => {}
                Err(NotMapped::Refused) => return None,
            }
        }
    }

    /// Maps a run that was unmapped, and is in no store now.
    fn map_again<O: Os>(
        &mut self,
        os: &O,
        ground: &Ground,
        side: Side,
        run: Run,
    ) -> Result<(), NotMapped> {
        let at = NonNull::new(ground.map.address(run.first) as *mut u8);
        let at = at.ok_or(NotMapped::Refused)?;
        let len = run.pages.index() * O::PAGE_SIZE;
        let mapped = os.map_at(at, len, Access::ReadWrite);
        if mapped.is_ok() {
            os.name(at, len, Purpose::Heap);
        }
        match mapped {
            Ok(()) if side == Side::Spans => self.fresh = Some(run),
            Ok(()) => self.huge_pages.ask(os, &ground.map, run),
            Err(NotMapped::Refused) => self.area(side).gone.insert(&ground.map, run),
            // Addresses are what there is most of.
            Err(NotMapped::Taken) => {
                ground.map.wipe(run);
                self.lose(run);
            }
        }
        mapped
    }

    /// Takes exactly these pages, if they are unused, for a large object that grows in place.
    pub(crate) fn take_at<O: Os>(&mut self, os: &O, ground: &Ground, run: Run) -> bool {
        let map = &ground.map;
        for side in Side::BOTH {
            let area = self.area(side);
            if area.take_at(map, run) {
                return true;
            }
            if area.gone.take_at(map, run) {
                return self.map_again(os, ground, side, run).is_ok();
            }
        }
        let next = |frontier: &mut Frontier, field: &mut Field<'_, O>, _: &mut dyn FnMut(Run)| {
            frontier.take_next(field, run)
        };
        self.at_frontier(os, ground, Side::Large, next).is_some()
    }

    /// Counts what is mapped ahead among the unused runs.
    pub(crate) fn fall_back(&mut self, map: &PageMap) {
        for area in [&mut self.spans, &mut self.large] {
            let clean = &mut area.clean;
            area.frontier.fall_back(&mut |run| clean.insert(map, run));
        }
    }
}
