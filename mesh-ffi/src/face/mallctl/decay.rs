//! How long unused pages stay, as jemalloc says it: in milliseconds, -1 for always.

use core::sync::atomic::{AtomicI64, Ordering};

use arena::{Arena, Linux};

use crate::ground::heap::HEAP;

const DEFAULT: i64 = Arena::<Linux>::DECAY_MS as i64;

/// What holds now; what held at the start; what the program said of the second stage that jemalloc has, and we do not.
static DIRTY: AtomicI64 = AtomicI64::new(DEFAULT);
static AT_START: AtomicI64 = AtomicI64::new(DEFAULT);
static MUZZY: AtomicI64 = AtomicI64::new(0);

/// In the place of always: thirty years.
const ALWAYS: u64 = 1 << 40;

/// Sets it at the start.
pub(super) fn begin(milliseconds: i64) {
    AT_START.store(milliseconds, Ordering::Relaxed);
    set(milliseconds);
}

pub(super) fn dirty() -> i64 {
    DIRTY.load(Ordering::Relaxed)
}

pub(super) fn at_start() -> i64 {
    AT_START.load(Ordering::Relaxed)
}

pub(super) fn muzzy() -> i64 {
    MUZZY.load(Ordering::Relaxed)
}

/// Sets it; says whether it is a time.
pub(super) fn set(milliseconds: i64) -> bool {
    let is_time = milliseconds >= -1;
    if is_time {
        let period = u64::try_from(milliseconds).unwrap_or(ALWAYS);
        HEAP.global().pages().set_decay(period.min(ALWAYS));
        DIRTY.store(milliseconds, Ordering::Relaxed);
    }
    is_time
}

/// Remembers what the program said; says whether it is a time.
pub(super) fn set_muzzy(milliseconds: i64) -> bool {
    let is_time = milliseconds >= -1;
    if is_time {
        MUZZY.store(milliseconds, Ordering::Relaxed);
    }
    is_time
}
