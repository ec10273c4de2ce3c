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

use meshheap::Sleep;

use crate::ground::heap::HEAP;
use crate::ground::{errno, process, tls};

/// Milliseconds of a sleep of unknown length.
const UNKNOWN: u64 = 0;

/// Whether the calling thread may do upkeep at all: it has interrupted no slow path of ours, and shares its memory with no parent.
fn may_help() -> bool {
    !tls::inside() && process::is_ours()
}

/// Whether something is due before `sleep`.
fn wants_upkeep(sleep: Sleep) -> bool {
    HEAP.global().wants_upkeep(sleep) && may_help()
}

/// Does what is due before `sleep`; says whether a mesh cycle is under way that this thread should go on with.
fn upkeep(sleep: Sleep) -> bool {
    wants_upkeep(sleep) && errno::preserved(|| tls::within(|| HEAP.global().before_sleep(sleep)))
}

/// Whether there may be unused pages to give back before a long wait: the thread is the only one.
fn may_purge() -> bool {
    may_help() && HEAP.attached() <= 1
}

/// Gives back some unused pages before a long wait; says whether there are more.
fn purge() -> bool {
    may_purge() && errno::preserved(|| tls::within(|| HEAP.global().below().purge_slice()))
}
