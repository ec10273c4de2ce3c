//! When upkeep is due.
//!
//! There is no thread of our own: slow paths look at a coarse clock and do what is due. A program that is about to sleep
//! may ask as well ([`GlobalHeap::upkeep`]).

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use heap::PageHeap;
use miniheap::Spans;

use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::Report;
use crate::tuning::{EFFECTIVE_SHARE, LARGEST_MESHED, LONGEST_PAUSE, PERIOD_MS, WORTHWHILE};

/// Milliseconds between two looks at pages that have been unused for long.
const PURGE_MS: u64 = 50;

/// Milliseconds from which on a sleep is a long one.
const LONG_SLEEP_MS: u64 = 500;

pub(crate) struct Schedule {
    period_ms: AtomicU64,
    next_purge: AtomicU64,
    next_mesh: AtomicU64,
    /// Periods to wait after the next cycle.
    pause: AtomicU64,
    /// Whether somebody else than slow paths and sleeping threads looks at what is due.
    background: AtomicBool,
}

impl Schedule {
    pub(crate) const fn new() -> Self {
        Self {
            period_ms: AtomicU64::new(PERIOD_MS),
            next_purge: AtomicU64::new(0),
            next_mesh: AtomicU64::new(0),
            pause: AtomicU64::new(1),
            background: AtomicBool::new(false),
        }
    }

    pub(crate) fn set_period(&self, milliseconds: u64) {
        self.period_ms.store(milliseconds, Ordering::Relaxed);
        self.next_mesh.store(0, Ordering::Relaxed);
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

    fn last_was_effective(&self) -> bool {
        self.pause.load(Ordering::Relaxed) == 1
    }

    /// Sets the pause before the next cycle by what the last one achieved: `released` of `possible` bytes.
    fn settle(&self, now: u64, released: usize, possible: usize) {
        let effective = released * EFFECTIVE_SHARE >= possible.max(1);
        let before = self.pause.load(Ordering::Relaxed);
        let pause = if effective {
            1
        } else {
            (before * 2).min(LONGEST_PAUSE)
        };
        self.pause.store(pause, Ordering::Relaxed);
        let period = self.period_ms.load(Ordering::Relaxed);
        self.next_mesh.store(
            now.saturating_add(period.saturating_mul(pause)),
            Ordering::Relaxed,
        );
    }
}

/// Bytes that would come back if the spans were as full as they could be.
fn possible(spans: &Spans, page_size: usize) -> usize {
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

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// Does what is due: gives back pages that have been unused for long, and meshes when that promises enough.
    #[inline]
    pub fn upkeep(&self) {
        if !self.is_in_background() {
            self.upkeep_in_background();
        }
    }

    /// The same for the thread that was made for it.
    #[inline]
    pub fn upkeep_in_background(&self) {
        let now = self.pages.clock_ms();
        if now >= self.schedule.next_purge.load(Ordering::Relaxed) {
            self.upkeep_due(now);
        }
    }

    #[cold]
    #[inline(never)]
    fn upkeep_due(&self, now: u64) {
        let period = self.schedule.period_ms.load(Ordering::Relaxed);
        if !Schedule::claim(&self.schedule.next_purge, now, PURGE_MS.min(period.max(1))) {
            return;
        }
        self.pages.purge(false);
        self.mesh_if_due(now);
    }

    fn mesh_if_due(&self, now: u64) {
        let period = self.schedule.period_ms.load(Ordering::Relaxed);
        if M::MESHES
            && self.meshing_enabled()
            && Schedule::claim(&self.schedule.next_mesh, now, period)
        {
            let possible = self.possible_bytes();
            if possible >= worthwhile(period) {
                let released = self.mesh_cycle();
                self.schedule
                    .settle(self.pages.clock_ms(), released, possible);
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

    /// Whether [`before_sleep`](Self::before_sleep) of so many milliseconds would do anything. Cheap.
    pub fn wants_upkeep(&self, milliseconds: u64) -> bool {
        let due = || self.pages.clock_ms() >= self.schedule.next_purge.load(Ordering::Relaxed);
        !self.is_in_background() && (milliseconds >= LONG_SLEEP_MS || due())
    }

    /// Does what is due before a sleep. A long one of a program that is `alone`, with one thread, is the last chance for a
    /// while: then a cycle does not wait for its time, unless the last one achieved nothing, and no unused page stays.
    pub fn before_sleep(&self, milliseconds: u64, alone: bool) {
        if milliseconds < LONG_SLEEP_MS {
            return self.upkeep();
        }
        let now = self.pages.clock_ms();
        if self.schedule.last_was_effective() {
            self.schedule.next_mesh.store(now, Ordering::Relaxed);
        }
        self.mesh_if_due(now);
        self.pages.purge(alone);
    }

    /// Gives back all unused pages now.
    pub fn purge(&self) {
        self.pages.purge(true);
    }

    /// Bytes that meshing could give back at the very best.
    pub fn possible_bytes(&self) -> usize {
        Self::meshed_classes()
            .map(|class| possible(&self.class(class), P::PAGE_SIZE))
            .sum()
    }

    /// The classes whose objects may be meshed.
    pub(crate) fn meshed_classes() -> impl DoubleEndedIterator<Item = heap::SizeClass> {
        Self::class_numbers().filter(|&class| {
            let geometry = miniheap::SpanClasses::geometry(class);
            geometry.slots > 1 && geometry.object_size as usize <= LARGEST_MESHED
        })
    }

    /// Gives back all that can be given back now: meshes as long as that helps, and purges.
    ///
    /// Returns the bytes that meshing released.
    pub fn compact(&self) -> usize {
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
        self.pages.purge(true);
        total
    }
}
