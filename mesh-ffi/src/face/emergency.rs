//! What is done where the limit on memory refuses a request: the heap gives back what it can, and the request is tried once more.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use heap::Upkeep;

use crate::face::introspection;
use crate::ground::heap::HEAP;
use crate::ground::pause::pause;
use crate::ground::{errno, process, tls};

/// What was in vain is not done again before so many milliseconds have passed, …
const PAUSE_MS: u64 = 1_000;

/// … unless so many bytes more could come back.
const WORTHWHILE: usize = 64 << 10;

/// Milliseconds that a thread waits for others that do upkeep, at most.
const PATIENCE_MS: u64 = 500;

/// Bytes that could have come back at the very best when the last time was over, and until when that is enough to know.
static LEFT: AtomicUsize = AtomicUsize::new(0);
static KNOWN_UNTIL: AtomicU64 = AtomicU64::new(0);

/// Gives back what can be given back, if a request for `size` bytes could ever be served; says whether it is worth another try.
pub(super) fn relieve(size: usize) -> bool {
    let heap = HEAP.global();
    let could_fit = |limit| size <= limit;
    if !heap.pages().memory_limit().is_some_and(could_fit) || tls::inside() || !process::is_ours() {
        return false;
    }
    errno::preserved(|| {
        let now = heap.pages().clock_ms();
        let could = tls::within(could_gain);
        let known = LEFT.load(Ordering::Relaxed).saturating_add(WORTHWHILE);
        if could < known && now < KNOWN_UNTIL.load(Ordering::Relaxed) {
            return false;
        }
        for _ in 0..PATIENCE_MS {
            if heap.pages().run_aside(|| tls::within(compact)).is_some() {
                break;
            }
            // Another thread is aside, or there is no memory for it.
            pause(1);
        }
        true
    })
}

/// Bytes that could come back at the very best.
fn could_gain() -> usize {
    let heap = HEAP.global();
    heap.possible_bytes() + heap.pages().dirty_bytes() + HEAP.kept_bytes()
}

fn compact() {
    let heap = HEAP.global();
    introspection::flush();
    HEAP.relieve_sleepers();
    // A cycle under way is another thread's: what that gives back will do, or it leaves the rest to us.
    for _ in 0..PATIENCE_MS {
        if !heap.is_in_cycle() {
            break;
        }
        pause(1);
    }
    heap.compact();
    LEFT.store(could_gain(), Ordering::Relaxed);
    let until = heap.pages().clock_ms().saturating_add(PAUSE_MS);
    KNOWN_UNTIL.store(until, Ordering::Relaxed);
}
