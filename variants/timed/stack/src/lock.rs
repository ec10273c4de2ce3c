//! The lock of the library, with a note of who has it since when.
//!
//! What lies between the first instruction of [`lock`], [`try_lock`] or [`unlock`] and that of one of the [`marks`] is the recorder's.

use core::cell::Cell;

use arena::FutexLock;
use heap::RawLock;

use crate::machine::{open_the_lock, take_the_lock, ticks, try_the_lock};
use crate::marks;
use crate::record::TRIED;
use crate::recorder::{self, Before};

/// A [`FutexLock`] that writes a record when it is opened.
pub struct RecordedLock {
    lock: FutexLock,
    /// Of the hold that lasts; written and read by who holds the lock.
    held: Cell<Held>,
}

// SAFETY: the cell is touched by who holds the lock only.
unsafe impl Sync for RecordedLock {}

/// How a hold began.
#[derive(Clone, Copy)]
struct Held {
    site: u64,
    before: Before,
    requested: u64,
    taken: u64,
}

// SAFETY: the lock inside is taken and opened with this one.
unsafe impl RawLock for RecordedLock {
    const OPEN: Self = Self {
        lock: FutexLock::OPEN,
        held: Cell::new(Held {
            site: 0,
            before: Before { arrived: 0, ran: 0 },
            requested: 0,
            taken: 0,
        }),
    };

    #[inline(always)]
    fn lock(&self) {
        lock(self);
    }

    #[inline(always)]
    fn try_lock(&self) -> bool {
        try_lock(self)
    }

    #[inline(always)]
    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { unlock(self) }
    }
}

impl RecordedLock {
    /// Takes the lock for a caller at `site`.
    extern "C" fn take_from(&self, site: u64) {
        let before = recorder::before();
        let requested = ticks();
        self.lock.lock();
        self.note(site, before, requested);
    }

    /// Tries to.
    extern "C" fn try_from(&self, site: u64) -> bool {
        let before = recorder::before();
        let requested = ticks();
        let taken = self.lock.try_lock();
        if taken {
            self.note(site | TRIED, before, requested);
        }
        taken
    }

    fn note(&self, site: u64, before: Before, requested: u64) {
        self.held.set(Held {
            site,
            before,
            requested,
            taken: ticks(),
        });
    }

    /// Opens the lock, and records the hold.
    ///
    /// # Safety
    /// The caller holds the lock.
    unsafe extern "C" fn open(&self) {
        let released = ticks();
        let held = self.held.get();
        // SAFETY: the caller's promise.
        unsafe { self.lock.unlock() };
        let lock = core::ptr::from_ref(self).addr() as u64;
        let times = [held.requested, held.taken, released];
        recorder::add(lock, held.site, held.before, times);
    }
}

/// Takes the lock, for the place that this returns to.
#[unsafe(naked)]
pub(crate) extern "C" fn lock(lock: &RecordedLock) {
    take_the_lock!(RecordedLock::take_from, marks::taken)
}

/// Takes the lock if it is open, for the place that this returns to; says whether it did.
#[unsafe(naked)]
pub(crate) extern "C" fn try_lock(lock: &RecordedLock) -> bool {
    try_the_lock!(RecordedLock::try_from, marks::taken, marks::refused)
}

/// Opens the lock, and records the hold.
///
/// # Safety
/// The caller holds the lock.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn unlock(lock: &RecordedLock) {
    open_the_lock!(RecordedLock::open, marks::opened)
}
