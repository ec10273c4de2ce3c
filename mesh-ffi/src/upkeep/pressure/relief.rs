//! What is done when memory is scarce: the heap gives back what it can, as by `malloc_trim`, unless that was in vain a moment ago.
//!
//! A thread of the program does it a while at a time, from one slow path or wait to the next: signals are blocked meanwhile.

use core::sync::atomic::{AtomicUsize, Ordering};

use heap::Upkeep;
use pressure::Pauses;

use crate::ground::heap::HEAP;

/// Nanoseconds that a thread of the program is at it at a time.
const AT_A_TIME_NS: u64 = 20_000_000;

static PAUSES: Pauses = Pauses::new();

/// How often the heap was compacted.
static TIMES: AtomicUsize = AtomicUsize::new(0);

/// Bytes that the heap took when what is under way began; zero while nothing is.
static BEFORE: AtomicUsize = AtomicUsize::new(0);

/// How often the heap was compacted since memory was scarce, the time under way included.
pub(crate) fn times() -> usize {
    TIMES.load(Ordering::Relaxed)
}

/// Whether somebody has begun, and it is not done.
pub(super) fn is_under_way() -> bool {
    BEFORE.load(Ordering::Relaxed) != 0
}

/// Begins, if enough could come of it and the last time was not in vain; says whether it did. What the program's threads have at hand
/// stays: the calling one may have interrupted itself over it.
pub(super) fn begin(now: u64) -> bool {
    let heap = HEAP.global();
    if !PAUSES.is_due(now) || !heap.could_gain(heap.pages().dirty_bytes()) {
        return false;
    }
    TIMES.fetch_add(1, Ordering::Relaxed);
    BEFORE.store(physical().max(1), Ordering::Relaxed);
    HEAP.relieve_sleepers();
    heap.below().give_back_all();
    heap.press();
    true
}

/// Goes on for a while.
pub(super) fn go_on() {
    let heap = HEAP.global();
    let start = heap.pages().clock_ns();
    while heap.upkeep_in_spare_time() {
        if heap.pages().clock_ns().saturating_sub(start) >= AT_A_TIME_NS {
            return;
        }
    }
    finish();
}

/// Does all of it, in the thread of the library.
pub(super) fn complete() {
    let _ = HEAP.global().compact();
    finish();
}

fn finish() {
    let heap = HEAP.global();
    heap.below().give_back_all();
    let before = BEFORE.swap(0, Ordering::Relaxed);
    // Two threads may find it done.
    if before != 0 {
        let gave = before.saturating_sub(physical());
        PAUSES.conclude(heap.pages().clock_ms(), gave, before);
    }
}

/// Bytes that the heap takes, each page counted once.
fn physical() -> usize {
    let stats = HEAP.global().stats();
    stats.span_bytes + stats.large_bytes + HEAP.global().pages().dirty_bytes()
}
