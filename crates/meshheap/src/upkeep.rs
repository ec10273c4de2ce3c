//! What is due is done.
//!
//! Slow paths look at a coarse clock and do what is due ([`MeshHeap::upkeep`]), and so does a thread of the program that is about to
//! sleep ([`MeshHeap::before_sleep`]); unless there is a thread for it ([`MeshHeap::upkeep_in_background`]).

use globalheap::tuning::{PURGE_MS, SLICE_NS, SLICE_PAUSE_MS};
use globalheap::{Purged, Report};
use heap::PageHeap;

use crate::effort::Occupancy;
use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;
use crate::schedule::{Sleep, occupancy, worthwhile};
use crate::slice::Slice;
use crate::tuning::WORTHWHILE;

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// Does what is due: gives back pages that have been unused for long, and meshes when that promises enough, a slice at
    /// a time.
    #[inline]
    pub fn upkeep(&self) {
        let now = self.pages().clock_ms();
        if self.below().is_upkeep_due(now) && !self.below().is_in_background() {
            let _ = self.pages().aside(|| self.upkeep_due(now));
        }
    }

    /// The same for a thread that was made for it, in time that is the program's: it is charged as others are.
    pub fn upkeep_in_background(&self) {
        let now = self.pages().clock_ms();
        if self.below().is_upkeep_due(now) {
            self.upkeep_due(now);
        }
    }

    /// The same in time that nobody wants, for about a millisecond. Says whether this thread should call again if it has more of it.
    ///
    /// Such a thread has a stack of its own that suffices: it leaves that of the upkeep to others.
    pub fn upkeep_in_spare_time(&self) -> bool {
        self.upkeep_before(Sleep(0))
    }

    /// A cycle is due now, and another one as long as they help, for whoever calls
    /// [`upkeep_in_spare_time`](Self::upkeep_in_spare_time) next.
    pub fn press(&self) {
        self.schedule.hurry();
        self.below().set_next_upkeep(0);
    }

    /// Whether so much of the heap could come back that more than the least effort is worthwhile.
    pub fn is_worth_more(&self) -> bool {
        self.schedule.effort.is_raised() && self.meshing_enabled()
    }

    /// Gives back pages that have been unused for long, if it is time to look for them.
    fn purge_if_due(&self, now: u64) -> Purged {
        let interval = PURGE_MS.min(self.schedule.period().max(1));
        if !self.below().claim_upkeep(now, interval) {
            return Purged::NotDue;
        }
        // In between come slices of a cycle.
        if !self.schedule.is_purge_due(now, interval) {
            return Purged::Done;
        }
        let purged = self.below().purge_unused();
        if purged == Purged::InPart {
            self.schedule.purge_again();
        }
        purged
    }

    /// What is due in a program that is busy: it is charged for the time.
    #[cold]
    #[inline(never)]
    fn upkeep_due(&self, now: u64) {
        self.tell_watcher(now);
        let soon = now + SLICE_PAUSE_MS;
        match self.purge_if_due(now) {
            Purged::Done if self.may_take_time(now) => {}
            Purged::InPart => return self.below().set_next_upkeep(soon),
            Purged::NotDue | Purged::Done => return,
        }
        let start = self.pages().clock_ns();
        let unfinished = self.mesh_if_due(now, SLICE_NS);
        let taken = self.pages().clock_ns().saturating_sub(start);
        let (period, percent) = (self.schedule.period(), self.schedule.effort.now());
        let next = self
            .schedule
            .allowance
            .charge(now, taken, percent, period)
            .max(soon);
        if unfinished && next < now + PURGE_MS {
            self.below().set_next_upkeep(next);
        }
    }

    /// Whether a busy program permits a slice of a cycle now.
    fn may_take_time(&self, now: u64) -> bool {
        self.schedule.effort.most() > 0 && self.schedule.allowance.permits(now)
    }

    /// Begins a cycle if one is due and promises enough, or goes on with the one under way, for `slice` nanoseconds. Says
    /// whether more may be worthwhile: that was not enough, or it helped.
    fn mesh_if_due(&self, now: u64, slice: u64) -> bool {
        if !M::MESHES || !self.meshing_enabled() {
            return false;
        }
        let schedule = &self.schedule;
        if !schedule.is_under_way() {
            let occupancy = self.occupancy();
            let worthwhile = worthwhile(schedule.period());
            if !schedule.is_due(now, occupancy.possible, worthwhile) {
                return false;
            }
            schedule.begin(now, occupancy);
            if occupancy.possible < worthwhile {
                return false;
            }
            if !self.below().is_in_background() {
                self.want_help();
            }
        }
        match self.mesh_slice(slice) {
            Slice::Busy => false,
            Slice::Unfinished => {
                schedule.set_under_way(true);
                true
            }
            Slice::Ended(released) => {
                schedule.set_under_way(false);
                schedule.conclude(self.pages().clock_ms(), released, self.occupancy())
            }
            Slice::HeldBack => {
                schedule.set_under_way(false);
                let left = self.occupancy();
                // No reason for a longer pause: what was held back is due when the program has calmed down.
                let _ = schedule.conclude(self.pages().clock_ms(), left.possible, left);
                false
            }
        }
    }

    /// Whether [`before_sleep`](Self::before_sleep) would do anything. Cheap.
    pub fn wants_upkeep(&self, sleep: Sleep) -> bool {
        let may_go_on =
            || sleep.is_idle() && self.schedule.is_under_way() && self.meshing_enabled();
        let due = || self.below().is_upkeep_due(self.pages().clock_ms());
        !self.below().is_in_background() && (may_go_on() || due())
    }

    /// Does what is due before a sleep, for about as long as nobody minds to wait. Says whether this thread should call again, if
    /// it has nothing else to do.
    pub fn before_sleep(&self, sleep: Sleep) -> bool {
        let act = || self.upkeep_before(sleep);
        self.pages().aside(act).unwrap_or(false)
    }

    fn upkeep_before(&self, sleep: Sleep) -> bool {
        let now = self.pages().clock_ms();
        if !sleep.is_idle() {
            self.upkeep_due(now);
            return false;
        }
        self.tell_watcher(now);
        if !self.schedule.is_under_way() {
            match self.purge_if_due(now) {
                Purged::NotDue => return false,
                Purged::InPart => {
                    self.below().set_next_upkeep(0);
                    return true;
                }
                Purged::Done => {}
            }
        }
        let more = self.mesh_if_due(now, SLICE_NS);
        if more && !self.schedule.is_under_way() {
            self.schedule.hurry();
            self.below().set_next_upkeep(0);
        }
        more
    }

    /// Bytes that meshing could give back at the very best.
    pub fn possible_bytes(&self) -> usize {
        self.occupancy().possible
    }

    /// What the heap holds, and what of it could come back.
    fn occupancy(&self) -> Occupancy {
        let mut all = Occupancy {
            possible: 0,
            memory: self.below().large_bytes(),
        };
        for class in self.used_meshed_classes() {
            let Occupancy { possible, memory } = occupancy(&self.class(class), P::PAGE_SIZE);
            all.possible += possible;
            all.memory += memory;
        }
        if !self.barrier_suffices() {
            all.possible = 0;
        }
        all
    }

    /// Gives back all that can be given back now: meshes as long as that helps, and purges.
    ///
    /// Returns the bytes that meshing released.
    pub fn compact(&self) -> usize {
        let aside = self.pages().aside(|| self.compact_here());
        aside.unwrap_or_else(|| self.compact_here())
    }

    fn compact_here(&self) -> usize {
        self.below().send_home();
        let mut total = 0;
        if self.meshing_enabled() {
            // A cycle finds most of what there is; another finds what the first one made possible.
            for _ in 0..4 {
                let released = self.mesh_cycle();
                total += released;
                if released < WORTHWHILE / 4 {
                    break;
                }
            }
        }
        self.below().give_back_all();
        total
    }
}
