//! A wait taken apart.

use arena::{Os, SignalMask};
use globalheap::Sleep;
use libc::{c_int, sigset_t};

use crate::ground::heap::HEAP;
use crate::ground::{errno, request, signal_set};
use crate::unseen::rest::{Caller, resting_if};
use crate::upkeep::map::Watch;

use super::{UNKNOWN, purge, upkeep};

/// Milliseconds that a program must have waited in vain before it counts as idle: what comes sooner is not delayed.
const GRACE_MS: c_int = 2;

/// One part in so many of a wait is left free.
const FREE_PART: c_int = 8;

/// Milliseconds after which a program that waits for long is looked at again: until then a new cycle may not have been due, or
/// unused pages not old enough.
const QUIET_MS: c_int = 200;

/// How long to wait.
#[derive(Clone, Copy)]
pub(super) enum Span {
    /// As long as the program asked for.
    AsAsked,
    /// For so many milliseconds; without end if they are negative.
    Milliseconds(c_int),
}

impl Span {
    /// No time at all.
    const NONE: Self = Self::Milliseconds(0);

    /// The timeout of a call that was asked for `timeout` milliseconds.
    pub(super) fn timeout(self, timeout: c_int) -> c_int {
        match self {
            Self::AsAsked => timeout,
            Self::Milliseconds(milliseconds) => milliseconds,
        }
    }

    /// The same in a wait that was made before, of which so many milliseconds are left.
    fn of_the_rest(self, left: c_int) -> Self {
        match self {
            Self::AsAsked => Self::Milliseconds(left),
            part => part,
        }
    }
}

/// A wait for something to happen, taken apart so that upkeep is done in it: `wait` waits for a part of it under the mask given,
/// if there is one, and returns zero if nothing has happened.
///
/// Signals are blocked after the grace, but in the waits: one that came in between would not end the wait, as it should.
///
/// ```text
///  grace     a program that is busy is called back soon: nothing was done, and nothing is lost
///  slices    of a cycle, as long as there is something to do; after each it is looked whether something has happened
///  quiet     of a long wait: then another look, and unused pages go
///  the rest
/// ```
///
/// What the thread keeps is for others meanwhile, unless the wait is for no time at all. A signal that only asked for a map does
/// not end it.
#[inline(always)]
pub(super) fn waiting(
    timeout: c_int,
    mut wait: impl FnMut(Span, Option<&sigset_t>) -> c_int,
) -> c_int {
    resting_if(timeout != 0, Caller::Anybody, || {
        let watch = Watch::begin();
        let (mut left, mut again) = (timeout, false);
        loop {
            let result = in_parts(left, |span, mask| {
                wait(if again { span.of_the_rest(left) } else { span }, mask)
            });
            let Some(watch) = &watch else { return result };
            if result >= 0 || !watch.was_ended(errno::value()) {
                return result;
            }
            (left, again) = (left_of(timeout, watch.passed_ns()), true);
        }
    })
}

/// [`waiting`] without regard to what the thread keeps.
fn in_parts(timeout: c_int, mut wait: impl FnMut(Span, Option<&sigset_t>) -> c_int) -> c_int {
    let limit = u64::try_from(timeout).unwrap_or(UNKNOWN);
    let sleep = Sleep(limit);
    let has_work = || sleep.is_long() || HEAP.global().wants_upkeep(sleep);
    if timeout == 0 || HEAP.global().is_in_background() || !has_work() {
        return wait(Span::AsAsked, None);
    }
    if !sleep.is_idle() {
        let _ = upkeep(sleep);
        return wait(Span::AsAsked, None);
    }
    let clock = || HEAP.global().pages().os().clock_ns();
    let start = clock();
    let left = || left_of(timeout, clock().saturating_sub(start));
    let at_most = |milliseconds: c_int| match left() {
        left @ 0.. => Span::Milliseconds(left.min(milliseconds)),
        _ => Span::Milliseconds(milliseconds),
    };
    let result = wait(at_most(GRACE_MS), None);
    if result != 0 || left() == 0 {
        return result;
    }
    let blocked = HEAP.global().pages().os().block_signals();
    // A signal that came before does not end the waits to come.
    request::answer();
    let mask = as_set(blocked);
    let mut parts = || {
        loop {
            let mut helped = false;
            // The end is kept free, so that the wait does not take longer than it was asked to.
            while (timeout < 0 || left() >= timeout / FREE_PART) && upkeep(sleep) {
                helped = true;
                let result = wait(Span::NONE, Some(&mask));
                if result != 0 {
                    return result;
                }
            }
            if !sleep.is_long() {
                break;
            }
            let result = wait(at_most(QUIET_MS), Some(&mask));
            if result != 0 || left() == 0 {
                return result;
            }
            if !helped && !upkeep(sleep) {
                while purge() {
                    let result = wait(Span::NONE, Some(&mask));
                    if result != 0 {
                        return result;
                    }
                }
                break;
            }
        }
        wait(Span::Milliseconds(left()), Some(&mask))
    };
    let result = parts();
    HEAP.global().pages().os().restore_signals(blocked);
    result
}

/// Milliseconds of `timeout`, which may be without end, that are left after so many nanoseconds.
fn left_of(timeout: c_int, passed_ns: u64) -> c_int {
    match c_int::try_from(passed_ns / 1_000_000) {
        _ if timeout < 0 => timeout,
        Ok(passed) => (timeout - passed).max(0),
        Err(_) => 0,
    }
}

/// The kernel's mask as the C library's functions take it.
fn as_set(mask: SignalMask) -> sigset_t {
    signal_set::of_word(mask.0)
}

/// The mask of the program's call, or else the one that it had before signals were blocked.
pub(super) fn chosen(asked: *const sigset_t, blocked: Option<&sigset_t>) -> *const sigset_t {
    match blocked {
        Some(blocked) if asked.is_null() => blocked,
        _ => asked,
    }
}
