//! The most that the heap may have in use, and what is done where a request is refused for it: the heap gives back what it can, and the
//! request is tried once more.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use ::heap::Upkeep;

use crate::compact::compact;
use crate::heap::HEAP;

/// What was in vain is not done again before so many milliseconds have passed, …
const PAUSE_MS: u64 = 1_000;

/// … unless so many bytes more could come back.
const WORTHWHILE: usize = 64 << 10;

/// Bytes that could have come back at the very best when the last time was over, and until when that is enough to know.
static LEFT: AtomicUsize = AtomicUsize::new(0);
static KNOWN_UNTIL: AtomicU64 = AtomicU64::new(0);

/// What `request`, for `size` bytes, returns; where the limit refuses it, once more after the heap has given back what it can. The caller
/// has no reference into the heap.
#[inline(always)]
pub(crate) fn within<T>(size: usize, request: impl Fn() -> Option<T>) -> Option<T> {
    let result = request();
    if result.is_none() && HEAP.global().pages().has_memory_limit() && relieve(size) {
        return request();
    }
    result
}

/// Gives back what can be given back, if a request for `size` bytes could ever be served; says whether it is worth another try.
#[cold]
#[inline(never)]
fn relieve(size: usize) -> bool {
    let pages = HEAP.global().pages();
    let could_fit = |limit| size <= limit;
    if !pages.memory_limit().is_some_and(could_fit) {
        return false;
    }
    // Relaxed: at worst it is done once more, or once less within the pause.
    let known = LEFT.load(Ordering::Relaxed).saturating_add(WORTHWHILE);
    if could_gain() < known && pages.clock_ms() < KNOWN_UNTIL.load(Ordering::Relaxed) {
        return false;
    }
    compact();
    LEFT.store(could_gain(), Ordering::Relaxed);
    let until = pages.clock_ms().saturating_add(PAUSE_MS);
    KNOWN_UNTIL.store(until, Ordering::Relaxed);
    true
}

/// Bytes that could come back at the very best.
fn could_gain() -> usize {
    let heap = HEAP.global();
    heap.possible_bytes() + heap.pages().dirty_bytes() + HEAP.kept_bytes()
}
