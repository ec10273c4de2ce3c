//! How one side of an arena grows, away from the middle.
//!
//! Pages are mapped a step ahead of what is used. Where another mapping lies in the way, it is left out.

use core::ops::Range;
use core::ptr::NonNull;

use heap::{PageCount, PageIndex, Run};

use crate::os::{Access, NotMapped, Os, Purpose};
use crate::page_map::{PageMap, Tables};
use crate::run_store::Place;
use crate::segments::Segments;
use crate::tuning;

/// Which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Towards {
    /// To lower addresses. Runs are taken from the upper end of what is unused.
    Low,
    /// To higher addresses. Runs are taken from the lower end.
    High,
}

/// The end of a side.
pub(crate) struct Frontier {
    towards: Towards,
    /// Mapped pages that were never used.
    unused: Range<usize>,
    /// The end of what was mapped or left out.
    reached: usize,
}

/// What a growth needs.
pub(crate) struct Field<'a, O> {
    pub(crate) os: &'a O,
    pub(crate) map: &'a PageMap,
    pub(crate) tables: &'a mut Tables,
    pub(crate) segments: &'a Segments,
}

impl<O: Os> Field<'_, O> {
    /// Maps the entries of `pages` in the tables, unless they are.
    #[inline(always)]
    fn cover(&mut self, pages: &Range<usize>) -> Result<(), NotMapped> {
        if self.map.covers(pages) {
            return Ok(());
        }
        let covered = self.tables.cover(self.os, pages.clone());
        // SAFETY: these tables and this map belong together, and the lock of the state is held, whose part this is.
        unsafe { self.map.follow(self.tables) };
        covered
    }
}

/// What came of an attempt to grow.
enum Growth {
    Grown(Run),
    /// Another mapping is there.
    InTheWay,
    Refused,
}

/// What was taken at a frontier.
pub(crate) struct Taken {
    pub(crate) run: Run,
    /// Pages that were mapped for it.
    pub(crate) grown: Option<Run>,
}

impl Frontier {
    pub(crate) const fn new(towards: Towards, middle: usize) -> Self {
        Self {
            towards,
            unused: middle..middle,
            reached: middle,
        }
    }

    /// Pages that are mapped ahead.
    pub(crate) fn ahead(&self) -> usize {
        self.unused.len()
    }

    /// Gives up the pages that are mapped ahead.
    pub(crate) fn fall_back(&mut self, spare: &mut dyn FnMut(Run)) {
        each_run(self.unused.clone(), spare);
        self.unused = self.reached..self.reached;
    }

    /// Pages that were never used. What is passed over on the way, to align them or since it is too short, goes to `spare`.
    pub(crate) fn take<O: Os>(
        &mut self,
        field: &mut Field<'_, O>,
        place: Place,
        spare: &mut dyn FnMut(Run),
    ) -> Option<Taken> {
        let (mut grown, mut passed) = (None, 0);
        loop {
            let missing = match self.fit(place)? {
                Ok(first) => {
                    let run = self.cut(first, place.pages, spare);
                    return Some(Taken { run, grown });
                }
                Err(missing) => missing,
            };
            match self.grow(field, missing) {
                Growth::Grown(run) => grown = Some(run),
                Growth::InTheWay => {
                    passed = (2 * passed).max(tuning::SMALLEST_GROWTH / O::PAGE_SIZE);
                    self.pass(field, passed, spare)?;
                }
                Growth::Refused => return None,
            }
        }
    }

    /// Takes exactly `run`, if it is the next that would be taken.
    pub(crate) fn take_next<O: Os>(&mut self, field: &mut Field<'_, O>, run: Run) -> Option<Taken> {
        if self.towards != Towards::High || self.unused.start != run.first.0 {
            return None;
        }
        let mut grown = None;
        if let Err(missing) = self.fit(Place::anywhere(run.pages))? {
            match self.grow(field, missing) {
                Growth::Grown(run) => grown = Some(run),
                Growth::InTheWay | Growth::Refused => return None,
            }
        }
        self.unused.start = run.end().0;
        Some(Taken { run, grown })
    }

    /// Maps the entries in the tables that it takes to grow for `place`. Before that is done, and not in the frames below: some stacks are
    /// small. What is refused is tried again then.
    pub(crate) fn cover_ahead<O: Os>(&self, field: &mut Field<'_, O>, place: Place) {
        let missing = self.fit(place).and_then(Result::err);
        let pages = missing.and_then(|missing| self.generous(field, missing));
        if let Some(pages) = pages {
            let _ = field.cover(&self.next(pages));
        }
    }

    /// Maps at least `missing` more pages. One frame with its callers: some stacks are small.
    #[inline(always)]
    fn grow<O: Os>(&mut self, field: &mut Field<'_, O>, missing: usize) -> Growth {
        let Some(generous) = self.generous(field, missing) else {
            return Growth::Refused;
        };
        let mut failed = Growth::Refused;
        for pages in [generous, missing] {
            match self.map(field, pages) {
                Ok(run) => return Growth::Grown(run),
                Err(NotMapped::Taken) => failed = Growth::InTheWay,
                Err(NotMapped::Refused) => {}
            }
            if generous == missing {
                break;
            }
        }
        failed
    }

    /// How many pages are mapped at once where `missing` are missing; `None` when there is no room for these.
    fn generous<O: Os>(&self, field: &Field<'_, O>, missing: usize) -> Option<usize> {
        let room = self.room(field);
        if missing > room {
            return None;
        }
        let share = field.segments.pages() * O::PAGE_SIZE / tuning::GROWTH_SHARE;
        let step = share.clamp(tuning::SMALLEST_GROWTH, tuning::LARGEST_GROWTH);
        let step = step.next_power_of_two() / O::PAGE_SIZE;
        Some(missing.next_multiple_of(step).min(room))
    }

    /// The next pages that are mapped: so many.
    fn next(&self, pages: usize) -> Range<usize> {
        match self.towards {
            Towards::Low => self.reached - pages..self.reached,
            Towards::High => self.reached..self.reached + pages,
        }
    }

    /// Pages that may still be reached.
    fn room<O: Os>(&self, field: &Field<'_, O>) -> usize {
        match self.towards {
            Towards::Low => self.reached,
            Towards::High => field.map.site().pages - self.reached,
        }
    }

    /// Maps the next pages, and their entries in the tables.
    #[inline(always)]
    fn map<O: Os>(&mut self, field: &mut Field<'_, O>, pages: usize) -> Result<Run, NotMapped> {
        let range = self.next(pages);
        if !field.segments.can_add(&range) {
            return Err(NotMapped::Refused);
        }
        // What is in the way of a table cannot be passed.
        field.cover(&range).map_err(|_| NotMapped::Refused)?;
        let first = PageIndex(range.start);
        let at = NonNull::new(field.map.address(first) as *mut u8).ok_or(NotMapped::Refused)?;
        field
            .os
            .map_at(at, pages * O::PAGE_SIZE, Access::ReadWrite)?;
        field.os.name(at, pages * O::PAGE_SIZE, Purpose::Heap);
        field.segments.add(range.clone());
        match self.towards {
            Towards::Low => (self.reached, self.unused.start) = (range.start, range.start),
            Towards::High => (self.reached, self.unused.end) = (range.end, range.end),
        }
        Ok(Run {
            first,
            pages: PageCount(pages as u32),
        })
    }

    /// Leaves `pages` pages out, and what is unused before them.
    #[inline(never)]
    fn pass<O: Os>(
        &mut self,
        field: &Field<'_, O>,
        pages: usize,
        spare: &mut dyn FnMut(Run),
    ) -> Option<()> {
        if pages > self.room(field) {
            return None;
        }
        self.fall_back(spare);
        match self.towards {
            Towards::Low => self.reached -= pages,
            Towards::High => self.reached += pages,
        }
        self.unused = self.reached..self.reached;
        Some(())
    }

    /// Where a run fits into the pages that are there, or how many are missing. `None` when it can be nowhere.
    fn fit(&self, place: Place) -> Option<Result<usize, usize>> {
        let pages = place.pages.index();
        Some(match self.towards {
            Towards::Low => {
                let first = place.last_to(self.unused.end.checked_sub(pages)?)?;
                match self.unused.start.checked_sub(first) {
                    None | Some(0) => Ok(first),
                    Some(missing) => Err(missing),
                }
            }
            Towards::High => {
                let first = place.first_from(self.unused.start)?;
                let end = first.checked_add(pages)?;
                match end.checked_sub(self.unused.end) {
                    None | Some(0) => Ok(first),
                    Some(missing) => Err(missing),
                }
            }
        })
    }

    fn cut(&mut self, first: usize, pages: PageCount, spare: &mut dyn FnMut(Run)) -> Run {
        let run = Run {
            first: PageIndex(first),
            pages,
        };
        match self.towards {
            Towards::Low => {
                each_run(run.end().0..self.unused.end, spare);
                self.unused.end = first;
            }
            Towards::High => {
                each_run(self.unused.start..first, spare);
                self.unused.start = run.end().0;
            }
        }
        run
    }
}

/// Passes the pages of a range as runs.
fn each_run(pages: Range<usize>, act: &mut dyn FnMut(Run)) {
    let mut first = pages.start;
    while first < pages.end {
        let count = (pages.end - first).min(Place::LONGEST as usize);
        act(Run {
            first: PageIndex(first),
            pages: PageCount(count as u32),
        });
        first += count;
    }
}
