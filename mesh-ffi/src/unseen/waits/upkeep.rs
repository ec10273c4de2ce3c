//! The upkeep that a thread does which is about to sleep.
//!
//! The functions may be called from a signal handler over an interrupted slow path of ours, which may hold a lock: then
//! nothing is done.

use meshheap::Sleep;

use crate::ground::heap::HEAP;
use crate::ground::{errno, process, request, tls};

/// Milliseconds of a sleep of unknown length.
pub(crate) const UNKNOWN: u64 = 0;

/// Whether the calling thread may do upkeep at all: it has interrupted no slow path of ours, and shares its memory with no parent.
fn may_help() -> bool {
    !tls::inside() && process::is_ours()
}

/// Whether something is due before `sleep`.
pub(crate) fn wants_upkeep(sleep: Sleep) -> bool {
    HEAP.global().wants_upkeep(sleep) && may_help()
}

/// Does what is due before `sleep`; says whether a mesh cycle is under way that this thread should go on with.
pub(crate) fn upkeep(sleep: Sleep) -> bool {
    let is_wanted = wants_upkeep(sleep);
    let more = is_wanted && errno::preserved(|| tls::within(|| HEAP.global().before_sleep(sleep)));
    if is_wanted && !more {
        // What the heap is now it may be for long.
        request::PUBLISHING.ask();
    }
    request::PRESSURE.answer();
    request::PUBLISHING.answer();
    more
}

/// Whether the calling thread is the only one that there may be unused pages of to give back, and may do so.
pub(crate) fn is_alone() -> bool {
    may_help() && HEAP.attached() <= 1
}

/// Gives back some unused pages before a long wait; says whether there are more.
pub(crate) fn purge() -> bool {
    is_alone() && errno::preserved(|| tls::within(|| HEAP.global().below().purge_slice()))
}

/// Whether there is something to gain for a thread that waits.
pub(crate) fn has_gain() -> bool {
    let unused = || HEAP.global().pages().dirty_bytes();
    HEAP.global().may_gain() && may_help() && tls::within(|| HEAP.global().has_gain(unused))
}
