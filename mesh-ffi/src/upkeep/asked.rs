//! What signals ask for: the next thread that comes by does it.
//!
//! ```text
//!  the handler                  counts, and sends its thread the long way: it may have interrupted anything
//!  a slow path, at its begin ─┐
//!  a call that may sleep ─────┤ outside of all locks of ours: it is done, aside
//!  the background thread ─────┘
//! ```
//!
//! Calls that the signal ends are the business of `watch`.

use core::ffi::c_int;
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use arena::Os;

use crate::ground::heap::HEAP;
use crate::ground::request::{self, Request};
use crate::ground::{errno, process, system, tls};
use crate::unseen::signals;

/// What can be asked for, each by a signal; zero for none.
static BY_SIGNAL: [(&Request, AtomicI32); 2] = [
    (&request::MAP, AtomicI32::new(0)),
    (&request::PROFILE, AtomicI32::new(0)),
];

/// Whether a signal can ask for anything.
static WATCHING: AtomicBool = AtomicBool::new(false);

/// Times that a thread with something to do looks whether there is room aside, before it makes do without.
const MOST_TRIES: u32 = 1 << 10;

/// Asks for `what` whenever `signal` comes, from now on, so that `answer` is called; says whether there is a handler for it. To be
/// called by the constructor.
pub(super) fn listen(signal: c_int, what: &'static Request, answer: fn()) -> bool {
    what.answer_with(answer);
    for (request, place) in &BY_SIGNAL {
        if core::ptr::eq(*request, what) {
            place.store(signal, Ordering::Relaxed);
        }
    }
    WATCHING.store(true, Ordering::Relaxed);
    signals::listen(signal, on_signal)
}

extern "C" fn on_signal(signal: c_int) {
    for (request, place) in &BY_SIGNAL {
        if place.load(Ordering::Relaxed) == signal {
            request.ask();
        }
    }
    // So the thread's next request comes by, even one that its own slots could serve.
    tls::send_round();
}

/// Whether a signal can ask, so that one may end a wait.
#[inline]
pub(super) fn is_watching() -> bool {
    WATCHING.load(Ordering::Relaxed)
}

/// How often signals have asked so far.
pub(super) fn times() -> u32 {
    let asked = BY_SIGNAL.iter().map(|(request, _)| request.asked());
    asked.fold(0, u32::wrapping_add)
}

/// Does what signals asked for, if they did.
pub(super) fn answer() {
    for (request, _) in &BY_SIGNAL {
        request.answer();
    }
}

/// Does `act` as the answer to `what`, unless this is not the moment. One thread at a time does.
pub(super) fn answer_aside(what: &Request, act: fn()) {
    // A handler over a slow path may hold a lock; a child that shares its parent's memory must write nothing.
    if tls::inside() || !process::is_ours() {
        return;
    }
    // No handler of the program may leave this by a jump; and the thread's stack may be small.
    let pages = HEAP.global().pages();
    let answer = || errno::preserved(|| tls::within(|| what.answer_all(act)));
    for _ in 0..MOST_TRIES {
        if pages.run_aside(answer).is_some() {
            return;
        }
        system::yield_now();
    }
    let mask = pages.os().block_signals();
    answer();
    pages.os().restore_signals(mask);
}
