//! When upkeep is due.
//!
//! Slow paths look at a coarse clock and do what is due ([`GlobalHeap::upkeep`]), and so does a thread of the program that is about to
//! sleep ([`GlobalHeap::before_sleep`]); unless there is a thread for it ([`GlobalHeap::upkeep_in_background`]).

use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use heap::PageHeap;
use miniheap::Spans;

use crate::allowance::Allowance;
use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::Report;
use crate::slice::Slice;
use crate::tuning::{
    EFFECTIVE_SHARE, LONGEST_PAUSE, PERIOD_MS, SLICE_NS, SLICE_PAUSE_MS, WORTHWHILE,
};

/// Milliseconds between two looks at pages that have been unused for long.
const PURGE_MS: u64 = 50;

/// Milliseconds from which on a sleep is a long one.
const LONG_SLEEP_MS: u64 = 500;

/// Milliseconds from which on there is time in a sleep for more than the slice that is due.
const IDLE_MS: u64 = 10;

/// A sleep or a wait that takes so many milliseconds at most, and may end before. Zero: it has no end, or nobody knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sleep(pub u64);

impl Sleep {
    /// Whether there is time for more than what a busy program is charged for.
    pub fn is_idle(self) -> bool {
        matches!(self.0, 0 | IDLE_MS..)
    }

    /// Whether it may be long before the program comes by again.
    pub fn is_long(self) -> bool {
        matches!(self.0, 0 | LONG_SLEEP_MS..)
    }
}

pub(crate) struct Schedule {
    period_ms: AtomicU64,
    next_purge: AtomicU64,
    next_mesh: AtomicU64,
    /// When a cycle may start before that, should there be more to do than after the last one.
    earliest: AtomicU64,
    /// What the last cycle saw and left that could still come back at the very best, in bytes.
    left: AtomicUsize,
    allowance: Allowance,
    /// Periods to wait after the next cycle.
    pause: AtomicU64,
    /// Whether somebody else than slow paths and sleeping threads looks at what is due.
    background: AtomicBool,
    /// Whether a cycle in slices has begun and not ended.
    under_way: AtomicBool,
    /// What that cycle could give back at the very best, in bytes.
    possible: AtomicUsize,
}

impl Schedule {
    pub(crate) const fn new() -> Self {
        Self {
            period_ms: AtomicU64::new(PERIOD_MS),
            next_purge: AtomicU64::new(0),
            next_mesh: AtomicU64::new(0),
            earliest: AtomicU64::new(0),
            left: AtomicUsize::new(0),
            allowance: Allowance::new(),
            pause: AtomicU64::new(1),
            background: AtomicBool::new(false),
            under_way: AtomicBool::new(false),
            possible: AtomicUsize::new(0),
        }
    }

    pub(crate) fn set_under_way(&self, under_way: bool) {
        self.under_way.store(under_way, Ordering::Relaxed);
    }

    fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::Relaxed)
    }

    pub(crate) fn set_period(&self, milliseconds: u64) {
        self.period_ms.store(milliseconds, Ordering::Relaxed);
        self.next_mesh.store(0, Ordering::Relaxed);
        self.earliest.store(0, Ordering::Relaxed);
    }

    /// Whether `due` has come; of several threads that ask, one is told so, and the next time is set.
    fn claim(due: &AtomicU64, now: u64, interval: u64) -> bool {
        let at = due.load(Ordering::Relaxed);
        now >= at
            && due
                .compare_exchange(
                    at,
                    now.saturating_add(interval),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    pub(crate) fn period(&self) -> u64 {
        self.period_ms.load(Ordering::Relaxed)
    }

    /// Whether a cycle may begin that could release `possible` bytes, as far as time goes.
    fn is_due(&self, now: u64, possible: usize, worthwhile: usize) -> bool {
        let left = self.left.load(Ordering::Relaxed);
        let is_new = possible >= left.saturating_add(worthwhile);
        now >= self.next_mesh.load(Ordering::Relaxed)
            || is_new && now >= self.earliest.load(Ordering::Relaxed)
    }

    /// A cycle begins.
    fn begin(&self, now: u64, possible: usize) {
        self.possible.store(possible, Ordering::Relaxed);
        self.postpone(now, 1);
    }

    /// The next cycle has to wait for so many periods.
    fn postpone(&self, now: u64, periods: u64) {
        let wait = self.period().saturating_mul(periods);
        self.next_mesh
            .store(now.saturating_add(wait), Ordering::Relaxed);
    }

    /// The next cycle need not wait: the last one has helped, and the program has nothing else to do.
    fn hurry(&self) {
        self.next_mesh.store(0, Ordering::Relaxed);
        self.hurry_purge();
    }

    /// There is more to give back.
    fn hurry_purge(&self) {
        self.next_purge.store(0, Ordering::Relaxed);
    }

    /// Sets the pause before the next cycle by what this one achieved, which released some bytes and left others. Says
    /// whether it was effective.
    fn settle(&self, now: u64, released: usize, left: usize) -> bool {
        let possible = self.possible.load(Ordering::Relaxed);
        let effective = released * EFFECTIVE_SHARE >= possible.max(1);
        let before = self.pause.load(Ordering::Relaxed);
        let pause = if effective {
            1
        } else {
            (before * 2).min(LONGEST_PAUSE)
        };
        self.pause.store(pause, Ordering::Relaxed);
        // What came up while the cycle was under way, it may not have seen.
        let seen = possible.saturating_sub(released);
        self.left.store(left.min(seen), Ordering::Relaxed);
        self.earliest
            .store(now.saturating_add(self.period()), Ordering::Relaxed);
        self.postpone(now, pause);
        effective
    }
}

/// Bytes that would come back if the spans were as full as they could be.
pub(crate) fn possible(spans: &Spans, page_size: usize) -> usize {
    let geometry = spans.geometry();
    let slots = usize::from(geometry.slots);
    let needed = spans.live().div_ceil(slots);
    spans.physical_spans().saturating_sub(needed) * geometry.pages.index() * page_size
}

/// Bytes that a cycle must promise at this period, so that the work per second is worth the same at any.
fn worthwhile(period_ms: u64) -> usize {
    let share = period_ms.clamp(1, PERIOD_MS) as usize;
    WORTHWHILE * share / PERIOD_MS as usize
}

/// What came of a look for pages that have been unused for long.
enum Purged {
    /// It was not time.
    NotDue,
    /// There are more.
    InPart,
    Done,
}

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// Does what is due: gives back pages that have been unused for long, and meshes when that promises enough, a slice at
    /// a time.
    #[inline]
    pub fn upkeep(&self) {
        let now = self.pages.clock_ms();
        if now >= self.schedule.next_purge.load(Ordering::Relaxed) && !self.is_in_background() {
            let _ = self.pages.aside(|| self.upkeep_due(now));
        }
    }

    /// The same for a thread that was made for it: while the program is `busy` it is charged as others are, else it takes the
    /// time that the program does not want. Says whether this thread should call again if the program stays idle.
    pub fn upkeep_in_background(&self, busy: bool) -> bool {
        if busy {
            self.upkeep_due(self.pages.clock_ms());
            return false;
        }
        self.before_sleep(Sleep(0))
    }

    /// Gives back pages that have been unused for long, if it is time to look for them.
    fn purge_if_due(&self, now: u64) -> Purged {
        let interval = PURGE_MS.min(self.schedule.period().max(1));
        if !Schedule::claim(&self.schedule.next_purge, now, interval) {
            return Purged::NotDue;
        }
        self.send_home();
        match self.pages.purge(false, SLICE_NS) {
            true => Purged::InPart,
            false => Purged::Done,
        }
    }

    /// What is due in a program that is busy: it is charged for the time.
    #[cold]
    #[inline(never)]
    fn upkeep_due(&self, now: u64) {
        let soon = now + SLICE_PAUSE_MS;
        match self.purge_if_due(now) {
            Purged::Done if self.schedule.allowance.permits(now) => {}
            Purged::InPart => return self.schedule.next_purge.store(soon, Ordering::Relaxed),
            Purged::NotDue | Purged::Done => return,
        }
        let start = self.pages.clock_ns();
        let unfinished = self.mesh_if_due(now, SLICE_NS);
        let taken = self.pages.clock_ns().saturating_sub(start);
        let period = self.schedule.period();
        self.schedule.allowance.charge(now, taken, period);
        if unfinished && self.schedule.allowance.permits(soon) {
            self.schedule.next_purge.store(soon, Ordering::Relaxed);
        }
    }

    /// Begins a cycle if one is due and promises enough, or goes on with the one under way, for `slice` nanoseconds. Says
    /// whether more may be worthwhile: that was not enough, or it helped.
    fn mesh_if_due(&self, now: u64, slice: u64) -> bool {
        if !M::MESHES || !self.meshing_enabled() {
            return false;
        }
        let schedule = &self.schedule;
        if !schedule.is_under_way() {
            let possible = self.possible_bytes();
            let worthwhile = worthwhile(schedule.period());
            if !schedule.is_due(now, possible, worthwhile) {
                return false;
            }
            schedule.begin(now, possible);
            if possible < worthwhile {
                return false;
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
                schedule.settle(self.pages.clock_ms(), released, self.possible_bytes())
            }
            Slice::HeldBack => {
                schedule.set_under_way(false);
                let possible = self.possible_bytes();
                // No reason for a longer pause: what was held back is due when the program has calmed down.
                let _ = schedule.settle(self.pages.clock_ms(), possible, possible);
                false
            }
        }
    }

    /// Says whether there is a thread that calls [`upkeep_in_background`](Self::upkeep_in_background) every now and then:
    /// then nobody else meshes or purges unless asked to.
    pub fn set_background(&self, background: bool) {
        self.schedule
            .background
            .store(background, Ordering::Relaxed);
    }

    /// Whether there is such a thread.
    pub fn is_in_background(&self) -> bool {
        self.schedule.background.load(Ordering::Relaxed)
    }

    /// Whether [`before_sleep`](Self::before_sleep) would do anything. Cheap.
    pub fn wants_upkeep(&self, sleep: Sleep) -> bool {
        let may_go_on =
            || sleep.is_idle() && self.schedule.is_under_way() && self.meshing_enabled();
        let due = || self.pages.clock_ms() >= self.schedule.next_purge.load(Ordering::Relaxed);
        !self.is_in_background() && (may_go_on() || due())
    }

    /// Does what is due before a sleep, for about as long as nobody minds to wait. Says whether this thread should call again, if
    /// it has nothing else to do.
    pub fn before_sleep(&self, sleep: Sleep) -> bool {
        let act = || self.upkeep_before(sleep);
        self.pages.aside(act).unwrap_or(false)
    }

    fn upkeep_before(&self, sleep: Sleep) -> bool {
        let now = self.pages.clock_ms();
        if !sleep.is_idle() {
            self.upkeep_due(now);
            return false;
        }
        if !self.schedule.is_under_way() {
            match self.purge_if_due(now) {
                Purged::NotDue => return false,
                Purged::InPart => {
                    self.schedule.hurry_purge();
                    return true;
                }
                Purged::Done => {}
            }
        }
        let more = self.mesh_if_due(now, SLICE_NS);
        if more && !self.schedule.is_under_way() {
            self.schedule.hurry();
        }
        more
    }

    /// Gives back all unused pages now.
    pub fn purge(&self) {
        self.send_home();
        let _ = self.pages.purge(true, u64::MAX);
    }

    /// The same for about as long as nobody minds to wait; says whether there are more.
    pub fn purge_slice(&self) -> bool {
        let act = || {
            self.send_home();
            self.pages.purge(true, SLICE_NS)
        };
        self.pages.aside(act).unwrap_or(false)
    }

    /// Bytes that meshing could give back at the very best.
    pub fn possible_bytes(&self) -> usize {
        if !self.barrier_suffices() {
            return 0;
        }
        Self::meshed_classes()
            .map(|class| possible(&self.class(class), P::PAGE_SIZE))
            .sum()
    }

    /// Gives back all that can be given back now: meshes as long as that helps, and purges.
    ///
    /// Returns the bytes that meshing released.
    pub fn compact(&self) -> usize {
        let aside = self.pages.aside(|| self.compact_here());
        aside.unwrap_or_else(|| self.compact_here())
    }

    fn compact_here(&self) -> usize {
        self.send_home();
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
        self.give_back_stock();
        let _ = self.pages.purge(true, u64::MAX);
        total
    }
}
