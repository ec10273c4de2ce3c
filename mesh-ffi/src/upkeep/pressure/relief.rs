//! What is done when memory is scarce: the heap gives back what it can, as by `malloc_trim`, unless that was in vain a moment ago.

use core::sync::atomic::{AtomicUsize, Ordering};

use heap::Upkeep;
use pressure::Pauses;

use crate::ground::heap::HEAP;

static PAUSES: Pauses = Pauses::new();

/// How often the heap was compacted.
static TIMES: AtomicUsize = AtomicUsize::new(0);

/// How often the heap was compacted since memory was scarce, the time under way included.
pub(crate) fn times() -> usize {
    TIMES.load(Ordering::Relaxed)
}

/// Compacts the heap and gives back unused pages, if enough could come of it and the last time was not in vain. What the program's threads
/// have at hand stays: the calling one may have interrupted itself over it.
pub(super) fn relieve(now: u64) {
    let heap = HEAP.global();
    if !PAUSES.is_due(now) || !heap.could_gain(heap.pages().dirty_bytes()) {
        return;
    }
    TIMES.fetch_add(1, Ordering::Relaxed);
    let before = physical();
    HEAP.relieve_sleepers();
    let _ = heap.compact();
    let gave = before.saturating_sub(physical());
    PAUSES.conclude(heap.pages().clock_ms(), gave, before);
}

/// Bytes that the heap takes, each page counted once.
fn physical() -> usize {
    let stats = HEAP.global().stats();
    stats.span_bytes + stats.large_bytes + HEAP.global().pages().dirty_bytes()
}
