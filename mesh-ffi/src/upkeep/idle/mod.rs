//! A program that is about to sleep frees nothing, yet has time: upkeep is done then.
//!
//! The functions may be called from a signal handler over an interrupted slow path of ours, which may hold a lock: then
//! nothing is done.
//!
//! * `parts`: a wait taken apart, so that upkeep is done in it;
//! * `times`: how long a call was asked to wait;
//! * `events`, `poll`, `select`, `sleeps`: the functions.

mod events;
mod parts;
mod poll;
mod select;
mod sleeps;
mod times;

use globalheap::Sleep;

use crate::ground::heap::HEAP;
use crate::ground::{errno, process, tls};

/// Milliseconds of a sleep of unknown length.
const UNKNOWN: u64 = 0;

/// Does what is due before `sleep`; says whether a mesh cycle is under way that this thread should go on with.
fn upkeep(sleep: Sleep) -> bool {
    if tls::inside() || !HEAP.global().wants_upkeep(sleep) || !process::is_ours() {
        return false;
    }
    errno::preserved(|| tls::within(|| HEAP.global().before_sleep(sleep)))
}

/// Gives back some unused pages before a long wait, if this is the only thread; says whether there are more.
fn purge() -> bool {
    if tls::inside() || !process::is_ours() || HEAP.stats().attached > 1 {
        return false;
    }
    errno::preserved(|| tls::within(|| HEAP.global().purge_slice()))
}
