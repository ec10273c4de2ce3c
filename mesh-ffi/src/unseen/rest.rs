//! A thread that sleeps keeps little: before it sleeps in a function that stands in front of the C library's, it gives back
//! what it keeps, or lets others take it later (`Threads::fall_asleep`).
//!
//! Meanwhile its word points to a heap that serves nobody. So whatever asks for memory before the call returns finds no slot
//! at hand and wakes the heap first: a handler, a clean-up function, or whoever was jumped to.

use core::ptr::NonNull;

use stack::Calls;

use crate::ground::heap::{Front, HEAP};
use crate::ground::single::has_one_thread;
use crate::ground::{request, tls};
use crate::unseen::signals;

/// What a function that sleeps may have interrupted.
#[derive(Clone, Copy)]
pub(crate) enum Caller {
    /// Functions that handlers may call: `malloc` or `free`, if the program has a handler.
    Anybody,
    /// Functions that no handler may call: nothing.
    NoHandler,
}

/// Makes `call`, in which the thread may sleep.
#[inline(always)]
pub(crate) fn resting<R>(caller: Caller, call: impl FnOnce() -> R) -> R {
    resting_if(true, caller, call)
}

/// [`resting`], if the thread `may_sleep` in the call.
#[inline(always)]
pub(crate) fn resting_if<R>(may_sleep: bool, caller: Caller, call: impl FnOnce() -> R) -> R {
    let resting = may_sleep.then(|| Resting::begin(caller));
    let result = call();
    if let Some(resting) = resting {
        resting.end();
    }
    result
}

/// A thread that may be in a call in which it sleeps.
pub(crate) struct Resting(Option<NonNull<Front>>);

impl Resting {
    #[inline(always)]
    pub(crate) fn begin(caller: Caller) -> Self {
        Self(begin(caller))
    }

    #[inline(always)]
    pub(crate) fn end(self) {
        if let Some(front) = self.0 {
            end(front);
        }
    }
}

/// The thread's heap, if it rests from now on.
#[inline(never)]
fn begin(caller: Caller) -> Option<NonNull<Front>> {
    request::answer();
    if tls::inside() {
        return None;
    }
    let front = tls::attached()?;
    if !has_one_thread() && !HEAP.global().below().is_in_background() {
        // Other threads may sleep too, and for long: then nobody comes by.
        request::THREAD.ask_and_answer();
    }
    // SAFETY: the calling thread's own heap.
    let is_calm = unsafe { HEAP.is_calm(front) };
    if HEAP.attached() <= 1 && is_calm {
        // Nobody else would take what it keeps.
        // SAFETY: the calling thread's own heap.
        unsafe { HEAP.stay_calm(front) };
        return None;
    }
    let calls = match caller {
        Caller::Anybody if signals::may_be_in_handler(!is_calm) => Calls::One,
        Caller::Anybody | Caller::NoHandler => Calls::None,
    };
    tls::within(|| {
        tls::set_asleep();
        // SAFETY: the calling thread's own heap. Its word does not lead to it any more, so that what asks for memory wakes it
        // first; a call that this one has interrupted belongs to a program with handlers.
        unsafe { HEAP.fall_asleep(front, calls) };
    });
    Some(front)
}

/// Wakes the thread's heap, unless something else did.
#[inline(never)]
fn end(front: NonNull<Front>) {
    if tls::is_asleep() {
        tls::within(|| {
            // SAFETY: the calling thread's own heap.
            unsafe { HEAP.wake(front) };
            tls::set_awake(front);
        });
    }
}
