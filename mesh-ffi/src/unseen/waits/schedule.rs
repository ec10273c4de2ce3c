//! What is done when in a wait that is taken apart.

use arena::Os;
use libc::c_int;
use meshheap::Sleep;

use crate::ground::clock;
use crate::ground::heap::HEAP;
use crate::ground::reach::is_filtered;

use super::upkeep::{UNKNOWN, has_gain, is_alone, purge, upkeep, wants_upkeep};

/// Milliseconds that a program must have waited in vain before it counts as idle: what comes sooner is not delayed.
const GRACE_MS: c_int = 2;

/// One part in so many of a wait is left free.
const FREE_PART: c_int = 8;

/// Milliseconds after which a program that waits for long is looked at again: until then a new cycle may not have been due, or
/// unused pages not old enough.
const QUIET_MS: c_int = 200;

/// Looks in vain, one after the other, before a program that waits for long is left alone.
const LOOKS: u32 = 2;

/// How long to wait.
#[derive(Clone, Copy)]
pub(crate) enum Span {
    /// As long as the program asked for.
    AsAsked,
    /// For so many milliseconds, which is less than was asked for.
    Part(c_int),
    /// For so many milliseconds, to the end of the wait; without end if they are negative.
    Rest(c_int),
}

impl Span {
    /// The timeout of a call that was asked for `timeout` milliseconds.
    pub(crate) fn timeout(self, timeout: c_int) -> c_int {
        match self {
            Self::AsAsked => timeout,
            Self::Part(milliseconds) | Self::Rest(milliseconds) => milliseconds,
        }
    }
}

/// Something to do in a wait, a slice at a time.
pub(crate) struct Work<'a> {
    /// Whether there is any.
    pub(crate) is_wanted: &'a dyn Fn() -> bool,
    /// Does a slice of it; says whether there is more.
    pub(crate) act: &'a dyn Fn() -> bool,
}

/// A wait that can be taken apart. Both functions return what the program's call returns then: zero if nothing has happened, -1 with
/// EINTR if a handler has run that ends it.
pub(crate) trait Parted {
    /// Waits for so long.
    fn wait(&mut self, span: Span) -> c_int;

    /// If the work is wanted, does it as long as there is more, looking whether something has happened after each slice. Notes whether any
    /// was done.
    fn act(&mut self, work: Work<'_>, helped: &mut bool) -> c_int;
}

/// Whether waits must stay as they are: a filter of the program's lets through what the program asks for, and the times that it gives
/// may not be the kernel's.
pub(crate) fn must_stay_whole() -> bool {
    HEAP.global().below().is_in_background() || clock::is_replaced() || is_filtered()
}

/// Makes a wait of `timeout` milliseconds in parts, or as a `whole` where nothing is to be done in it.
///
/// ```text
///  whole     if there is nothing to gain
///  grace     a program that is busy is called back soon: nothing was done, and nothing is lost; if nothing is due, a quiet
///  slices    of a cycle, as long as there is something to do; after each it is looked whether something has happened
///  quiet     of a long wait: then another look, until two were in vain
///  purge     of a long wait: unused pages go
///  the rest
/// ```
pub(crate) fn in_parts(timeout: c_int, whole: Span, call: &mut impl Parted) -> c_int {
    let limit = u64::try_from(timeout).unwrap_or(UNKNOWN);
    let sleep = Sleep(limit);
    if timeout == 0 || must_stay_whole() {
        return call.wait(whole);
    }
    if !sleep.is_idle() {
        let _ = upkeep(sleep);
        return call.wait(whole);
    }
    if !has_gain() {
        return call.wait(whole);
    }
    let clock = || HEAP.global().pages().os().clock_ns();
    let start = clock();
    let left = || left_of(timeout, clock().saturating_sub(start));
    let at_most = |milliseconds: c_int| match left() {
        left @ 0.. if left <= milliseconds => Span::Rest(left),
        _ => Span::Part(milliseconds),
    };
    // The end is kept free, so that the wait does not take longer than it was asked to.
    let is_free = || timeout < 0 || left() >= timeout / FREE_PART;
    let first = if wants_upkeep(sleep) {
        GRACE_MS
    } else {
        QUIET_MS
    };
    let result = call.wait(at_most(first));
    if result != 0 || left() == 0 {
        return result;
    }
    let mut in_vain = 0;
    loop {
        let mut helped = false;
        let slices = Work {
            is_wanted: &|| is_free() && wants_upkeep(sleep),
            act: &|| is_free() && upkeep(sleep),
        };
        let result = call.act(slices, &mut helped);
        if result != 0 {
            return result;
        }
        if helped {
            HEAP.global().look_again();
        }
        if !sleep.is_long() {
            break;
        }
        in_vain = if helped { 0 } else { in_vain + 1 };
        if in_vain == LOOKS {
            let purging = Work {
                is_wanted: &is_alone,
                act: &purge,
            };
            let result = call.act(purging, &mut helped);
            if result != 0 {
                return result;
            }
            HEAP.global().settle();
            break;
        }
        let result = call.wait(at_most(QUIET_MS));
        if result != 0 || left() == 0 {
            return result;
        }
    }
    call.wait(Span::Rest(left()))
}

/// Milliseconds of `timeout`, which may be without end, that are left after so many nanoseconds.
pub(crate) fn left_of(timeout: c_int, passed_ns: u64) -> c_int {
    match c_int::try_from(passed_ns / 1_000_000) {
        _ if timeout < 0 => timeout,
        Ok(passed) => (timeout - passed).max(0),
        Err(_) => 0,
    }
}
