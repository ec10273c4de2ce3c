//! Calls that may wait long, and have no time of their own: the heap is compacted before they are made, while what they wait for is looked
//! at. Waits for a time are in `upkeep::idle`.
//!
//! A program with several threads has other ways; here it has one.
//!
//! * `schedule`: what is done when; `upkeep`: what that is;
//! * `prelude`: what comes before a call;
//! * `files`, `children`, `queues`, `semaphores`, `conditions`, `signals`, `words`: what is waited for;
//! * `clocks`: how long until a time.

pub(crate) mod children;
pub(crate) mod clocks;
pub(crate) mod conditions;
pub(crate) mod files;
mod prelude;
pub(crate) mod queues;
pub(crate) mod schedule;
pub(crate) mod semaphores;
pub(crate) mod signals;
pub(crate) mod upkeep;
pub(crate) mod words;

use libc::c_int;

use crate::ground::errno;
use crate::ground::heap::HEAP;
use crate::unseen::rest::{Caller, Resting};

/// What has come of the time before a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// The call is to be made.
    Call,
    /// A handler has run that ends it.
    Interrupted,
    /// It has been made, and this is its result. If it failed, `errno` says why.
    Made(isize),
}

/// What a function returns that fails with -1.
pub(crate) trait Answer {
    fn of(result: isize) -> Self;
}

impl Answer for isize {
    fn of(result: isize) -> Self {
        result
    }
}

impl Answer for c_int {
    fn of(result: isize) -> Self {
        result as Self
    }
}

/// Makes `call`, in which the thread may sleep, with the time `before` it, if there may be something to gain in it.
#[inline(always)]
pub(crate) fn waited<R: Answer>(
    caller: Caller,
    before: impl FnOnce() -> Before,
    call: impl FnOnce() -> R,
) -> R {
    let resting = Resting::begin(caller);
    let made = if HEAP.global().may_gain() {
        made(before())
    } else {
        None
    };
    let result = match made {
        None => call(),
        Some(result) => R::of(result),
    };
    resting.end();
    result
}

/// The result of a call that is not to be made.
#[cold]
#[inline(never)]
fn made(before: Before) -> Option<isize> {
    match before {
        Before::Call => None,
        Before::Interrupted => {
            errno::set(libc::EINTR);
            Some(-1)
        }
        Before::Made(result) => Some(result),
    }
}
