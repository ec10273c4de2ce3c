//! When cycles are due.

use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use heap::Preset;
use miniheap::Spans;

use crate::allowance::Allowance;
use crate::effort::{Effort, Occupancy};
use crate::tuning::{EFFECTIVE_SHARE, LONGEST_PAUSE, PERIOD_MS, WORTHWHILE};

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
    period_ms: Preset<{ PERIOD_MS as usize }>,
    next_mesh: AtomicU64,
    /// When a cycle may start before that, should there be more to do than after the last one.
    earliest: AtomicU64,
    /// What the last cycle saw and left that could still come back at the very best, in bytes.
    left: AtomicUsize,
    pub(crate) allowance: Allowance,
    pub(crate) effort: Effort,
    /// When unused pages are looked at again.
    next_purge: AtomicU64,
    /// Periods to wait after the next cycle.
    pause: Preset<1>,
    /// Whether a cycle in slices has begun and not ended.
    under_way: AtomicBool,
    /// What that cycle could give back at the very best, in bytes.
    possible: AtomicUsize,
}

impl Schedule {
    pub(crate) const fn new() -> Self {
        Self {
            period_ms: Preset::new(),
            next_mesh: AtomicU64::new(0),
            earliest: AtomicU64::new(0),
            left: AtomicUsize::new(0),
            allowance: Allowance::new(),
            effort: Effort::new(),
            next_purge: AtomicU64::new(0),
            pause: Preset::new(),
            under_way: AtomicBool::new(false),
            possible: AtomicUsize::new(0),
        }
    }

    pub(crate) fn set_under_way(&self, under_way: bool) {
        self.under_way.store(under_way, Ordering::Relaxed);
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::Relaxed)
    }

    pub(crate) fn set_period(&self, milliseconds: u64) {
        self.period_ms.store(milliseconds as usize);
        self.next_mesh.store(0, Ordering::Relaxed);
        self.earliest.store(0, Ordering::Relaxed);
    }

    pub(crate) fn period(&self) -> u64 {
        self.period_ms.load() as u64
    }

    /// Whether a cycle may begin that could release `possible` bytes, as far as time goes.
    pub(crate) fn is_due(&self, now: u64, possible: usize, worthwhile: usize) -> bool {
        let left = self.left.load(Ordering::Relaxed);
        let is_new = possible >= left.saturating_add(worthwhile);
        now >= self.next_mesh.load(Ordering::Relaxed)
            || is_new && now >= self.earliest.load(Ordering::Relaxed)
    }

    /// A cycle begins.
    pub(crate) fn begin(&self, now: u64, occupancy: Occupancy) {
        self.possible.store(occupancy.possible, Ordering::Relaxed);
        // After a cycle in vain the least effort will do, unless much has come up since.
        let was_left = self.left.load(Ordering::Relaxed);
        if self.pause.load() == 1 || occupancy.possible / 2 >= was_left {
            self.effort.fit(occupancy);
        }
        self.postpone(now, 1);
    }

    /// Bytes that the last cycle left although they could still come back at the very best, if it was in vain.
    pub(crate) fn left_in_vain(&self) -> usize {
        match self.pause.load() {
            1 => 0,
            _ => self.left.load(Ordering::Relaxed),
        }
    }

    /// Whether it is time to look at unused pages; the next time is `interval` milliseconds later.
    pub(crate) fn is_purge_due(&self, now: u64, interval: u64) -> bool {
        let due = now >= self.next_purge.load(Ordering::Relaxed);
        if due {
            self.next_purge
                .store(now.saturating_add(interval), Ordering::Relaxed);
        }
        due
    }

    /// There are more unused pages to look at.
    pub(crate) fn purge_again(&self) {
        self.next_purge.store(0, Ordering::Relaxed);
    }

    /// The next cycle has to wait for so many periods.
    fn postpone(&self, now: u64, periods: u64) {
        let wait = self.period().saturating_mul(periods);
        self.next_mesh
            .store(now.saturating_add(wait), Ordering::Relaxed);
    }

    /// The next cycle need not wait: the last one has helped, and the program has nothing else to do.
    pub(crate) fn hurry(&self) {
        self.next_mesh.store(0, Ordering::Relaxed);
    }

    /// Sets the pause before the next cycle by what this one achieved, which released some bytes and left others. Says
    /// whether it was effective.
    pub(crate) fn conclude(&self, now: u64, released: usize, left: Occupancy) -> bool {
        let possible = self.possible.load(Ordering::Relaxed);
        let effective = released * EFFECTIVE_SHARE >= possible.max(1);
        let before = self.pause.load() as u64;
        let pause = if effective {
            self.effort.fit(left);
            1
        } else {
            self.effort.lower();
            (before * 2).min(LONGEST_PAUSE)
        };
        self.pause.store(pause as usize);
        // What came up while the cycle was under way, it may not have seen.
        let seen = possible.saturating_sub(released);
        self.left.store(left.possible.min(seen), Ordering::Relaxed);
        self.earliest
            .store(now.saturating_add(self.period()), Ordering::Relaxed);
        self.postpone(now, pause);
        effective
    }
}

/// What spans hold, and what of it would come back if they were as full as they could be.
pub(crate) fn occupancy(spans: &Spans, page_size: usize) -> Occupancy {
    let geometry = spans.geometry();
    let slots = usize::from(geometry.slots);
    let (needed, there) = (spans.live().div_ceil(slots), spans.physical_spans());
    let bytes = geometry.pages.index() * page_size;
    Occupancy {
        possible: there.saturating_sub(needed) * bytes,
        memory: there * bytes,
    }
}

/// Bytes that a cycle must promise at this period, so that the work per second is worth the same at any.
pub(crate) fn worthwhile(period_ms: u64) -> usize {
    let share = period_ms.clamp(1, PERIOD_MS) as usize;
    WORTHWHILE * share / PERIOD_MS as usize
}
