//! Which unused runs are to be unmapped, since so many are unused.

use heap::{Grain, PageCount, Run};

use super::State;
use crate::area::{Area, Side};
use crate::ground::Ground;
use crate::os::Os;
use crate::tuning::{KEPT_ADDRESSES, KEPT_SHARE, LIMIT_LOOK, LIMIT_SHARE, SMALLEST_GAP};

/// A run that is to be unmapped, and in no store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surplus {
    pub(crate) side: Side,
    pub(crate) run: Run,
    /// Whether it was clean.
    pub(crate) clean: bool,
}

impl State {
    /// Takes a run out of the stores that should be unmapped now, since so many are unused.
    pub(crate) fn take_surplus<O: Os>(&mut self, os: &O, ground: &Ground) -> Option<Surplus> {
        let unused = self.unused();
        if unused * O::PAGE_SIZE < SMALLEST_GAP {
            return None;
        }
        let kept = KEPT_ADDRESSES / O::PAGE_SIZE + self.taken(ground) / KEPT_SHARE;
        self.look_at_limit(os, unused);
        let surplus = unused.checked_sub(kept.min(self.limit.load() / LIMIT_SHARE))?;
        self.take_unused(ground, os.grain(), surplus, SMALLEST_GAP / O::PAGE_SIZE)
    }

    /// Whether the process has a limit on addresses: then what it maps itself must find room at once, and not after a decay.
    pub(crate) fn is_limited<O: Os>(&mut self, os: &O) -> bool {
        let unused = self.unused();
        self.look_at_limit(os, unused);
        self.limit.load() < usize::MAX / O::PAGE_SIZE
    }

    /// Pages in use, and those that are mapped ahead. One frame with its callers: some stacks are small.
    #[inline(always)]
    fn taken(&self, ground: &Ground) -> usize {
        let mapped = ground.spans.pages() + ground.large.pages();
        let gone = self.pages(|area| &area.gone) + self.lost;
        mapped.saturating_sub(gone + self.unused())
    }

    /// Pages in use.
    pub(crate) fn used(&self, ground: &Ground) -> usize {
        let ahead = self.areas().map(|area| area.frontier.ahead());
        self.taken(ground).saturating_sub(ahead.iter().sum())
    }

    /// Unused pages that are mapped.
    fn unused(&self) -> usize {
        self.areas().map(Area::unused).iter().sum()
    }

    /// Asks for the limit on addresses when much has become unused since that was done.
    fn look_at_limit<O: Os>(&mut self, os: &O, unused: usize) {
        let much = LIMIT_LOOK / O::PAGE_SIZE;
        if unused >= self.unused_then + much {
            self.limit.store(os.address_space_limit() / O::PAGE_SIZE);
            self.unused_then = unused;
        } else if unused + much <= self.unused_then {
            self.unused_then = unused;
        }
    }

    /// Lets the limit on addresses be asked for next time.
    pub(crate) fn forget_limit(&mut self) {
        self.unused_then = 0;
    }

    /// Takes one of the longest unused runs, or a part of it: `most` pages, but no less than `least`.
    pub(crate) fn take_unused(
        &mut self,
        ground: &Ground,
        grain: Grain,
        most: usize,
        least: usize,
    ) -> Option<Surplus> {
        let most = PageCount(u32::try_from(most.max(least)).unwrap_or(u32::MAX));
        let most = grain.count_up(most);
        let all = [
            (Side::Large, true),
            (Side::Spans, true),
            (Side::Large, false),
            (Side::Spans, false),
        ];
        all.into_iter().find_map(|(side, clean)| {
            let area = self.area(side);
            let store = if clean {
                &mut area.clean
            } else {
                &mut area.dirty
            };
            let run = store.take_longest(&ground.map, most)?;
            if run.pages.index() >= least {
                if !clean {
                    area.low_water.lose(run.pages.index());
                }
                return Some(Surplus { side, run, clean });
            }
            store.insert(&ground.map, run);
            None
        })
    }

    /// Puts a run back that was not unmapped.
    pub(crate) fn keep(&mut self, ground: &Ground, surplus: Surplus) {
        let area = self.area(surplus.side);
        let store = if surplus.clean {
            &mut area.clean
        } else {
            &mut area.dirty
        };
        store.insert(&ground.map, surplus.run);
    }
}
