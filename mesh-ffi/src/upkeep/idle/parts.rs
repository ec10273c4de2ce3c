//! A wait taken apart.

use arena::{Os, SignalMask};
use libc::c_int;
use meshheap::Sleep;

use crate::ground::heap::HEAP;
use crate::ground::reach::is_filtered;
use crate::ground::{clock, errno, request};
use crate::unseen::rest::{Caller, resting_if};
use crate::unseen::signals::Held;
use crate::upkeep::map::Watch;

use super::{UNKNOWN, may_purge, purge, upkeep, wants_upkeep};

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
    /// For so many milliseconds, which is less than was asked for.
    Part(c_int),
    /// For so many milliseconds, to the end of the wait; without end if they are negative.
    Rest(c_int),
}

impl Span {
    /// The timeout of a call that was asked for `timeout` milliseconds.
    pub(super) fn timeout(self, timeout: c_int) -> c_int {
        match self {
            Self::AsAsked => timeout,
            Self::Part(milliseconds) | Self::Rest(milliseconds) => milliseconds,
        }
    }
}

/// A call of the program's that waits for something to happen. Its functions return zero if nothing has.
pub(super) struct Call<W, L> {
    /// Waits as the program asked, but for so long: under its mask, and where its thread may be cancelled.
    pub(super) wait: W,
    /// Looks whether something has happened, by a bare system call: signals are blocked, and would be in the clean-up of a thread
    /// that is cancelled here. A negative number: only `wait` can tell.
    pub(super) look: L,
    /// The mask that the call has while it waits; `None` for that of the thread.
    pub(super) mask: Option<SignalMask>,
}

/// Any such call: there is one code for all of them.
type AnyCall<'a> = Call<&'a mut dyn FnMut(Span) -> c_int, &'a mut dyn FnMut() -> c_int>;

/// Makes a wait of `timeout` milliseconds, taken apart so that upkeep is done in it.
///
/// Upkeep is done with signals blocked, and between the waits, so that handlers that end a wait find the mask that they would find
/// without us, and what they change in it holds. One that came meanwhile runs behind the upkeep, and then the wait is over. Only
/// a signal that comes just between an upkeep and a wait finds nothing to end, like one that comes just before the program's call;
/// a program that has it blocked outside of the call, and so means to miss none, misses none.
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
    mut call: Call<impl FnMut(Span) -> c_int, impl FnMut() -> c_int>,
) -> c_int {
    let call = Call {
        wait: &mut call.wait as _,
        look: &mut call.look as _,
        mask: call.mask,
    };
    resting_if(timeout != 0, Caller::Anybody, || apart(timeout, call))
}

/// [`waiting`] without regard to what the thread keeps.
fn apart(timeout: c_int, mut call: AnyCall<'_>) -> c_int {
    let watch = Watch::begin();
    let (mut left, mut again) = (timeout, false);
    loop {
        let result = in_parts(left, again, &mut call);
        let Some(watch) = &watch else { return result };
        if result >= 0 || !watch.was_ended(errno::value()) {
            return result;
        }
        (left, again) = (left_of(timeout, watch.passed_ns()), true);
    }
}

/// [`apart`], as far as it is not ended by a signal of ours; the whole wait is for `timeout`, even if the program's was for longer, when
/// it is made `again`.
fn in_parts(timeout: c_int, again: bool, call: &mut AnyCall<'_>) -> c_int {
    let limit = u64::try_from(timeout).unwrap_or(UNKNOWN);
    let sleep = Sleep(limit);
    let whole = if again {
        Span::Rest(timeout)
    } else {
        Span::AsAsked
    };
    let has_work = || sleep.is_long() || HEAP.global().wants_upkeep(sleep);
    // A filter of the program's lets through what the program asks for.
    let must_stay_whole = clock::is_replaced() || is_filtered();
    if timeout == 0 || HEAP.global().below().is_in_background() || must_stay_whole || !has_work() {
        return (call.wait)(whole);
    }
    if !sleep.is_idle() {
        let _ = upkeep(sleep);
        return (call.wait)(whole);
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
    let result = (call.wait)(at_most(GRACE_MS));
    if result != 0 || left() == 0 {
        return result;
    }
    loop {
        let wants = || is_free() && wants_upkeep(sleep);
        let mut helped = false;
        let act = || is_free() && upkeep(sleep);
        let result = uninterrupted(call, &wants, &act, &mut helped);
        if result != 0 {
            return result;
        }
        if !sleep.is_long() {
            break;
        }
        let result = (call.wait)(at_most(QUIET_MS));
        if result != 0 || left() == 0 {
            return result;
        }
        if !helped && !wants_upkeep(sleep) {
            let result = uninterrupted(call, &may_purge, &purge, &mut helped);
            if result != 0 {
                return result;
            }
            break;
        }
    }
    (call.wait)(Span::Rest(left()))
}

/// If somebody `wants` it, acts with signals blocked as long as there is more to do, looking whether something has happened after
/// each time. Returns what the program's call returns then: zero if nothing has, -1 with EINTR if a handler has run.
#[inline(never)]
fn uninterrupted(
    call: &mut AnyCall<'_>,
    wants: &dyn Fn() -> bool,
    act: &dyn Fn() -> bool,
    helped: &mut bool,
) -> c_int {
    if !wants() {
        return 0;
    }
    let signals = Held::begin();
    // A signal that came before does not end the waits to come.
    request::answer();
    let mut result = 0;
    while result == 0 && act() {
        *helped = true;
        if signals.keeps_something(call.mask) {
            break;
        }
        result = (call.look)();
    }
    if signals.end() && result <= 0 {
        errno::set(libc::EINTR);
        return -1;
    }
    result.max(0)
}

/// Milliseconds of `timeout`, which may be without end, that are left after so many nanoseconds.
fn left_of(timeout: c_int, passed_ns: u64) -> c_int {
    match c_int::try_from(passed_ns / 1_000_000) {
        _ if timeout < 0 => timeout,
        Ok(passed) => (timeout - passed).max(0),
        Err(_) => 0,
    }
}
